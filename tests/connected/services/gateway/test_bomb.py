"""Bodies that are meant to fill a memory, sent to a gateway on real sockets (security 23)."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import suppress

import psutil
import pytest
from starlette.types import Receive, Scope, Send

from ai4v.adapters.http1.upstream import Http1Upstream
from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.kit.clock import SystemClock
from ai4v.kit.serve import make_server
from ai4v.ports.registry import Instance
from ai4v.services.gateway.app import Adapters, create_app
from tests.connected.services.gateway.test_server import serve
from tests.service.gateway.echo import live
from tests.service.gateway.house import KEY, Authority, make_service, make_settings
from tests.support.poll import until
from tests.support.seal import seal_registry

pytestmark = pytest.mark.connected

_MIB = 1 << 20
_PIECE = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
_PIECES = 16_384
"""Of 64 KiB: 1 GiB in all."""


class Sink:
    """A service that reads and forgets, and notes how much, and how it was packed."""

    def __init__(self) -> None:
        self.size = 0
        self.encodings: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await live(receive, send)
            return
        self.encodings += [value for name, value in scope["headers"] if name == b"content-encoding"]
        while (message := await receive())["type"] == "http.request":
            self.size += len(message.get("body", b""))
            if not message.get("more_body", False):
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
async def port(sink: Sink) -> AsyncIterator[int]:
    """The port of a gateway, served as it is in earnest."""
    registry = MemoryRegistry()
    auth = make_service("auth", Authority().router())
    async with Http1Upstream() as upstream, serve(auth) as auth_url, serve(sink) as sink_url:
        for service, url in (("auth", auth_url), ("asr", sink_url)):
            await seal_registry(registry).register(Instance(service, service, url), lease_s=60)
        clock = SystemClock()
        cache, limiter = MemoryCache(), MemoryRateLimiter()
        adapters = Adapters(cache, limiter, registry, upstream, clock, ledger=cache)
        settings = make_settings({"port": 0})
        server = make_server(create_app(settings, adapters=adapters), settings)
        serving = asyncio.create_task(server._serve())

        async def is_up() -> bool:
            return server.started or serving.done()

        await until(is_up)
        yield server.servers[0].sockets[0].getsockname()[1]
        server.should_exit = True
        await serving


def _head(*headers: str, path: str = "/api/v1/asr/inference") -> bytes:
    lines = (f"POST {path} HTTP/1.1", "host: x", f"authorization: {KEY}", *headers)
    return "\r\n".join((*lines, "", "")).encode()


async def _send(port: int, head: bytes, piece: bytes, times: int) -> tuple[bytes, int]:
    """Send until it is all gone or nobody takes it; return the first line of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answering = asyncio.create_task(reader.readline())
    sent = 0
    with suppress(ConnectionError):
        writer.write(head)
        while sent < times and not answering.done():
            writer.write(piece)
            sent += 1
            await writer.drain()
    async with asyncio.timeout(30):
        line = await answering
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    return line, sent * len(piece)


async def test_a_gigabyte_without_length_is_413_and_fills_no_memory(port: int, sink: Sink) -> None:
    process = psutil.Process()
    before = process.memory_info().rss
    line, sent = await _send(port, _head("transfer-encoding: chunked"), _PIECE, _PIECES)
    assert line.startswith(b"HTTP/1.1 413 ")
    assert sent < 64 * _MIB
    assert sink.size <= 32 * _MIB
    assert process.memory_info().rss - before < 50 * _MIB


async def test_a_gigabyte_that_is_announced_is_413_before_any_of_it(port: int, sink: Sink) -> None:
    line, _ = await _send(port, _head(f"content-length: {1 << 30}"), b"", 1)
    assert line.startswith(b"HTTP/1.1 413 ")
    assert sink.size == 0


async def test_what_is_packed_is_not_unpacked_on_the_way(port: int, sink: Sink) -> None:
    bomb = gzip.compress(b"\0" * (64 * _MIB))
    process = psutil.Process()
    before = process.memory_info().rss
    head = _head("content-encoding: gzip", f"content-length: {len(bomb)}")
    line, _ = await _send(port, head, bomb, 1)
    assert line.startswith(b"HTTP/1.1 200 ")
    assert (sink.size, sink.encodings) == (len(bomb), [b"gzip"])
    assert process.memory_info().rss - before < 32 * _MIB
