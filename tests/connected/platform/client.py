"""A client of the platform that asks without end, and keeps account of what it was told."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx2

from tests.support.platform import Platform

_SPEECH = Path(__file__).resolve().parents[2] / "data" / "speech"
INFERENCE = "/api/v1/asr/inference"
HONEST_FAILURES = {502, 503, 504}

File = tuple[str, bytes]
"""Name and content."""


@dataclass(frozen=True)
class Job:
    """Something that the platform does, and where it is on record."""

    schema: str
    """Its requests are in the table `<schema>_requests` of this schema."""
    send: Callable[[httpx2.AsyncClient], Coroutine[object, object, httpx2.Response]]
    read: Callable[[httpx2.Response], str]
    """What the answer says, the same each time."""


@dataclass
class Account:
    """What the client was told."""

    answers: dict[str, str] = field(default_factory=dict)
    """What was said by request id, of every 200."""
    refusals: list[httpx2.Response] = field(default_factory=list)
    broken: int = 0
    """Connections that ended without an answer."""

    def has_more_than(self, count: int) -> Callable[[], Awaitable[bool]]:
        """Return a condition to wait for: more than `count` answers."""

        async def has_more() -> bool:
            return len(self.answers) > count

        return has_more


def open_client(platform: Platform, key: str) -> httpx2.AsyncClient:
    """Return a client that is signed in."""
    return httpx2.AsyncClient(
        base_url=platform.gateway_url, headers={"authorization": key}, timeout=60.0
    )


def read_file(name: str, folder: str = "hi") -> File:
    """Return a recording, ready to be sent."""
    return name, (_SPEECH / folder / name).read_bytes()


async def transcribe(client: httpx2.AsyncClient, file: File) -> httpx2.Response:
    """Send a Hindi file as curl would."""
    return await client.post(INFERENCE, files={"file": file}, data={"language": "hi"})


async def speak(client: httpx2.AsyncClient, text: str, language: str) -> httpx2.Response:
    """Have a text spoken by the language's own voice."""
    body = {"input": [{"source": text}], "config": {"language": {"sourceLanguage": language}}}
    return await client.post("/api/v1/tts/inference", json=body)


async def translate(
    client: httpx2.AsyncClient, text: str, source: str, target: str
) -> httpx2.Response:
    """Translate a text."""
    language = {"sourceLanguage": source, "targetLanguage": target}
    body = {"input": [{"source": text}], "config": {"language": language}}
    return await client.post("/api/v1/nmt/inference", json=body)


async def converse(client: httpx2.AsyncClient, file: File) -> httpx2.Response:
    """Have Hindi speech said in English."""
    hindi, english = {"sourceLanguage": "hi"}, {"sourceLanguage": "en"}
    tasks = [
        {"taskType": "asr", "config": {"language": hindi}},
        {"taskType": "translation", "config": {"language": hindi | {"targetLanguage": "en"}}},
        {"taskType": "tts", "config": {"language": english}},
    ]
    audio = [{"audioContent": base64.b64encode(file[1]).decode()}]
    body = {"pipelineTasks": tasks, "inputData": {"audio": audio}}
    return await client.post("/api/v1/pipeline/inference", json=body)


_CLIP = read_file("02.ogg")
LISTEN = Job(
    "asr",
    lambda client: transcribe(client, _CLIP),
    lambda answer: str(answer.json()["output"][0]["source"]),
)
SPEAK_HINDI = Job(
    "tts",
    lambda client: speak(client, "आज मौसम अच्छा है।", "hi"),
    lambda answer: str(round(answer.json()["config"]["audioDuration"], 1)),
)
SPEAK_TAMIL = Job(
    "tts",
    lambda client: speak(client, "இன்று வானிலை நன்றாக இருக்கிறது.", "ta"),
    lambda answer: str(round(answer.json()["config"]["audioDuration"], 1)),
)
TRANSLATE = Job(
    "nmt",
    lambda client: translate(client, "आज मौसम बहुत सुहावना है।", "hi", "en"),
    lambda answer: str(answer.json()["output"][0]["target"]),
)
CONVERSE = Job(
    "nmt",
    lambda client: converse(client, _CLIP),
    lambda answer: str(answer.json()["pipelineResponse"][1]["output"][0]["target"]),
)


@asynccontextmanager
async def asking(client: httpx2.AsyncClient, job: Job) -> AsyncIterator[Account]:
    """Ask again and again from two callers while the block runs."""
    account = Account()
    is_over = asyncio.Event()

    async def ask() -> None:
        while not is_over.is_set():
            try:
                response = await job.send(client)
            except httpx2.TransportError:
                account.broken += 1
            else:
                _enter(account, job, response)
            await asyncio.sleep(0.05)

    callers = [asyncio.create_task(ask()) for _ in range(2)]
    try:
        yield account
    finally:
        is_over.set()
        await asyncio.gather(*callers)


async def fetch_statuses(platform: Platform, schema: str = "asr") -> dict[str, str]:
    """Return the status of every request's row by request id, asked of PostgreSQL itself."""
    url = (platform.data_dir / "secrets" / "ai4v_database_url").read_text()
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        rows = await connection.fetch(
            f"SELECT request_id, status FROM {schema}.{schema}_requests"  # noqa: S608 - our names
        )
    finally:
        await connection.close()
    return {row["request_id"]: row["status"] for row in rows}


def _enter(account: Account, job: Job, response: httpx2.Response) -> None:
    if response.status_code == 200:
        account.answers[response.headers["x-request-id"]] = job.read(response)
    else:
        account.refusals.append(response)
