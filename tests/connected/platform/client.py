"""A client of the platform that asks without end, and keeps account of what it was told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
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


@dataclass
class Account:
    """What the client was told."""

    transcripts: dict[str, str] = field(default_factory=dict)
    """Text by request id, of every 200."""
    refusals: list[httpx2.Response] = field(default_factory=list)
    broken: int = 0
    """Connections that ended without an answer."""

    def has_more_than(self, count: int) -> Callable[[], Awaitable[bool]]:
        """Return a condition to wait for: more than `count` transcripts."""

        async def has_more() -> bool:
            return len(self.transcripts) > count

        return has_more


def open_client(platform: Platform, key: str) -> httpx2.AsyncClient:
    """Return a client that is signed in."""
    return httpx2.AsyncClient(
        base_url=platform.gateway_url, headers={"authorization": key}, timeout=60.0
    )


def read_file(name: str) -> File:
    """Return a Hindi recording, ready to be sent."""
    return name, (_SPEECH / "hi" / name).read_bytes()


async def transcribe(client: httpx2.AsyncClient, file: File) -> httpx2.Response:
    """Send a Hindi file as curl would."""
    return await client.post(INFERENCE, files={"file": file}, data={"language": "hi"})


@asynccontextmanager
async def asking(client: httpx2.AsyncClient, file: File) -> AsyncIterator[Account]:
    """Ask again and again from two callers while the block runs."""
    account = Account()
    is_over = asyncio.Event()

    async def ask() -> None:
        while not is_over.is_set():
            try:
                response = await transcribe(client, file)
            except httpx2.TransportError:
                account.broken += 1
            else:
                _enter(account, response)
            await asyncio.sleep(0.05)

    callers = [asyncio.create_task(ask()) for _ in range(2)]
    try:
        yield account
    finally:
        is_over.set()
        await asyncio.gather(*callers)


async def fetch_statuses(platform: Platform) -> dict[str, str]:
    """Return the status of every request's row by request id, asked of PostgreSQL itself."""
    url = (platform.data_dir / "secrets" / "ai4v_database_url").read_text()
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        rows = await connection.fetch("SELECT request_id, status FROM asr.asr_requests")
    finally:
        await connection.close()
    return {row["request_id"]: row["status"] for row in rows}


def _enter(account: Account, response: httpx2.Response) -> None:
    if response.status_code == 200:
        request_id = response.headers["x-request-id"]
        account.transcripts[request_id] = response.json()["output"][0]["source"]
    else:
        account.refusals.append(response)
