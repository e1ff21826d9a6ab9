"""Speech to text as a client sees it: through the gateway, with a key."""

import base64

import asyncpg
import httpx2
import pytest

from ai4v.adapters.memory.recognizer import MemoryRecognizer
from ai4v.contracts.identity import FirstRun
from ai4v.kit.identity import TOKEN_HEADER
from tests.support.poll import until
from tests.support.sound import encode, tone
from tests.support.system import ASR, Platform, start_asr

_INFER = "/api/v1/asr/inference"
_SPEECH = encode(tone(2.0), 16_000)
_HINDI = "हिन्दी हिन्दी"


class Client:
    """Somebody with a key, and a look at the rows."""

    def __init__(self, platform: Platform, key: str, recognizer: MemoryRecognizer) -> None:
        self.platform = platform
        self.headers = {"authorization": key}
        self.recognizer = recognizer

    async def upload(self, content: bytes = _SPEECH, **fields: str) -> httpx2.Response:
        return await self.platform.client.post(
            _INFER, files={"file": content}, data=fields, headers=self.headers
        )

    async def statuses(self) -> list[str]:
        url = self.platform.database_url.replace("+asyncpg", "")
        connection = await asyncpg.connect(url)
        try:
            rows = await connection.fetch("SELECT status FROM asr.asr_requests ORDER BY started_at")
        finally:
            await connection.close()
        return [row["status"] for row in rows]


@pytest.fixture
async def client(platform: Platform, first_run: FirstRun) -> Client:
    connection = await asyncpg.connect(platform.database_url.replace("+asyncpg", ""))
    await connection.execute("TRUNCATE asr.asr_requests CASCADE")
    await connection.close()
    recognizer = MemoryRecognizer()
    await start_asr(platform, recognizer)
    opened = Client(platform, first_run.api_key, recognizer)

    async def is_found() -> bool:
        answer = await platform.client.get("/api/v1/asr/models", headers=opened.headers)
        return answer.status_code == 200

    await until(is_found)
    return opened


async def test_file_becomes_text_and_is_recorded(client: Client) -> None:
    answer = await client.upload(language="hi")
    assert answer.status_code == 200, answer.text
    assert answer.json()["output"][0]["source"] == _HINDI
    assert await client.statuses() == ["completed"]
    listed = await client.platform.client.get("/api/v1/asr/requests", headers=client.headers)
    (row,) = listed.json()["requests"]
    assert row["requestId"] == answer.headers["x-request-id"]


async def test_ulca(client: Client) -> None:
    answer = await client.platform.client.post(
        "/services/inference/asr?serviceId=ai4bharat/conformer-hi-gpu--t4",
        json={
            "audio": [{"audioContent": base64.b64encode(_SPEECH).decode()}],
            "config": {"language": {"sourceLanguage": "hi"}, "anything": 1},
        },
        headers=client.headers,
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["output"][0]["source"] == _HINDI


async def test_no_key_leaves_no_row(client: Client) -> None:
    answer = await client.platform.client.post(_INFER, files={"file": _SPEECH})
    assert answer.status_code == 401
    assert await client.statuses() == []


async def test_identity_cannot_be_forged(client: Client) -> None:
    forged = {TOKEN_HEADER: "x.y.z", "x-user-id": "1"}
    platform = client.platform
    for asked in (platform.client, platform.connect(ASR)):
        answer = await asked.post(_INFER, files={"file": _SPEECH}, headers=forged)
        assert answer.status_code == 401


async def test_internal_paths_are_not_for_clients(client: Client) -> None:
    answer = await client.platform.client.get("/internal/capabilities", headers=client.headers)
    assert answer.status_code == 404


async def test_bad_sound_is_told_through_the_gateway(client: Client) -> None:
    answer = await client.upload(b"no sound", language="hi")
    assert answer.status_code == 422
    assert answer.json()["detail"]["code"] == "INVALID_AUDIO"
    assert answer.json()["detail"]["errors"][0]["path"] == "file.0"
    assert await client.statuses() == ["failed"]


async def test_capabilities_of_the_platform_are_the_engines(client: Client) -> None:
    answer = await client.platform.client.get("/api/v1/capabilities", headers=client.headers)
    assert answer.status_code == 200
    assert "memory" in answer.text
