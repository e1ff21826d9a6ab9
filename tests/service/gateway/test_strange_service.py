"""Services that answer what no service of ours answers: too much, nonsense, lies (security 32)."""

import asyncio
import json

import pytest
from starlette.types import Receive, Scope, Send

from tests.service.gateway.echo import live
from tests.service.gateway.house import ASR, AUTH, KEY, House, make_key

_PIECE = b"[" * (1 << 16)
_MOST = 9 << 20
"""More than the gateway reads for itself."""


class Liar:
    """Answers every request with the same, or without end."""

    def __init__(
        self, content: bytes | None, *headers: tuple[bytes, bytes], status: int = 200
    ) -> None:
        self.content = content
        self.headers = headers
        self.status = status
        self.sent = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await live(receive, send)
            return
        await send(
            {"type": "http.response.start", "status": self.status, "headers": list(self.headers)}
        )
        if self.content is not None:
            await send({"type": "http.response.body", "body": self.content})
            return
        leaving = asyncio.create_task(_leave(receive))
        while not leaving.done() and self.sent < 4 * _MOST:
            self.sent += len(_PIECE)
            await send({"type": "http.response.body", "body": _PIECE, "more_body": True})
            await asyncio.sleep(0)
        leaving.cancel()


async def _leave(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


NONSENSE = (
    pytest.param(b"", id="nothing"),
    pytest.param(b"\xff\xfe", id="no text"),
    pytest.param(b"[" * 100_000, id="a thousand lists"),
    pytest.param(b"null", id="null"),
    pytest.param(b'{"status": "splendid", "principal": {"role": "admin"}}', id="unknown values"),
    pytest.param(b'{"paths": [], "components": {"schemas": 7}}', id="wrong shapes"),
    pytest.param(b'[{"task": "asr", "language": "hi", "tier": "divine"}]', id="an unknown tier"),
)


@pytest.mark.parametrize("content", NONSENSE)
async def test_a_service_that_answers_nonsense_is_unhealthy_and_offers_nothing(
    house: House, content: bytes
) -> None:
    await house.add("asr", ASR, Liar(content))
    status = (await house.ask(path="/api/v1/status")).json()
    assert {item["status"] for item in status["services"] if item["name"] == "asr"} == {"unhealthy"}
    report = (await house.ask(path="/api/v1/capabilities")).json()
    assert {item["tier"] for item in report["capabilities"]} == {"none"}
    document = await house.ask(path="/openapi.json", key=None)
    assert document.status_code == 200
    assert "/api/v1/status" in document.json()["paths"]


@pytest.mark.parametrize("path", ["/api/v1/status", "/api/v1/capabilities", "/openapi.json"])
async def test_a_service_that_answers_without_end_is_not_read_to_the_end(
    house: House, path: str
) -> None:
    liar = Liar(None)
    await house.add("asr", ASR, liar)
    assert (await house.ask(path=path)).status_code == 200
    assert liar.sent < _MOST


@pytest.mark.parametrize("content", NONSENSE)
async def test_nobody_is_let_in_by_nonsense(house: House, content: bytes) -> None:
    del house.services[AUTH]
    await house.add("auth", AUTH, Liar(content))
    await house.add("asr", ASR, Liar(b"within"))
    answer = await house.ask(key=make_key("anybody"))
    assert (answer.status_code, answer.json()["detail"]["code"]) == (503, "SERVICE_UNAVAILABLE")


async def test_what_the_auth_service_says_of_a_key_is_not_read_without_end(house: House) -> None:
    del house.services[AUTH]
    liar = Liar(None)
    await house.add("auth", AUTH, liar)
    assert (await house.ask()).status_code == 503
    assert liar.sent < 3 * _MOST  # it is asked again


async def test_a_service_cannot_speak_for_the_gateway(house: House) -> None:
    lies = (
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-credentials", b"true"),
        (b"strict-transport-security", b"max-age=0"),
        (b"ratelimit", b'"lie";r=9'),
        (b"x-ratelimit-degraded", b"lie"),
        (b"x-request-id", b"lie"),
        (b"x-ai4v-internal-token", b"lie"),
        (b"set-cookie", b"session=lie"),
    )
    await house.add("asr", ASR, Liar(b"{}", *lies))
    answer = await house.ask(headers={"x-request-id": "mine", "origin": "https://evil.example"})
    assert (answer.status_code, answer.content) == (200, b"{}")
    assert answer.headers["x-request-id"] == "mine"
    told = [(name, value) for name, value in answer.headers.raw if (name.lower(), value) in lies]
    assert told == []


async def test_a_document_of_lies_covers_only_its_own_paths(house: House) -> None:
    paths: dict[str, dict[str, object]] = {
        "/api/v1/auth/login": {"post": {}},
        "/internal/x": {"get": {}},
        "/docs": {"get": {}},
    }
    await house.add("asr", ASR, Liar(json.dumps({"paths": paths}).encode()))
    document = (await house.ask(path="/openapi.json", key=None)).json()
    assert not {"/internal/x", "/docs"} & set(document["paths"])
    assert document["paths"]["/api/v1/auth/login"]["post"]
    assert KEY not in str(document)
