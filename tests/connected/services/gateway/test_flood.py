"""What a hostile client sends over real sockets, and what it does to the gateway's memory."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ai4v.adapters.http1.upstream import Http1Upstream
from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.kit.clock import SystemClock
from ai4v.ports.registry import Instance
from ai4v.services.gateway.app import Adapters, create_app
from tests.connected.services.gateway.test_server import serve
from tests.service.gateway.house import KEY, Authority, make_service, make_settings
from tests.support.peer import open_peer
from tests.support.seal import seal_registry

pytestmark = pytest.mark.connected

MEGABYTE = 1 << 20
HEAD = f"POST /api/v1/asr/x HTTP/1.1\r\nhost: a\r\nauthorization: {KEY}\r\n"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def open_gateway(
    talk: Talk,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Run a gateway with `talk` as the speech service; yield a connection to it."""
    registry = MemoryRegistry()
    auth = make_service("auth", Authority().router())
    async with Http1Upstream() as upstream, serve(auth) as auth_url, open_peer(talk) as peer:
        for service, url in (("auth", auth_url), ("asr", peer.base_url)):
            await seal_registry(registry).register(Instance(service, service, url), lease_s=60)
        limiter = MemoryRateLimiter()
        cache = MemoryCache()
        adapters = Adapters(cache, limiter, registry, upstream, SystemClock(), ledger=cache)
        async with serve(create_app(make_settings(), adapters=adapters)) as url:
            port = int(url.rpartition(":")[2])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            yield reader, writer
            writer.close()


async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read slowly what is announced, then answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while length > 0:
        length -= len(await reader.read(MEGABYTE // 16))
        await asyncio.sleep(0)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
    await writer.drain()


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4_096


async def test_an_upload_does_not_stay_in_memory() -> None:
    piece = b"x" * (MEGABYTE // 4)
    async with open_gateway(swallow) as (reader, writer):
        before = most = resident_bytes()
        writer.write(f"{HEAD}content-length: {25 * MEGABYTE}\r\n\r\n".encode())
        for _ in range(100):
            writer.write(piece)
            await writer.drain()
            most = max(most, resident_bytes())
        answer = await asyncio.wait_for(reader.readuntil(b"ok"), 30)
        assert answer.startswith(b"HTTP/1.1 200")
        assert most - before < 12 * MEGABYTE


async def test_a_body_without_end_is_413_and_does_not_stay_in_memory() -> None:
    async def read_on(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        while await reader.read(MEGABYTE):
            pass

    chunk = b"%x\r\n" % MEGABYTE + b"x" * MEGABYTE + b"\r\n"
    async with open_gateway(read_on) as (reader, writer):
        before = most = resident_bytes()
        writer.write(f"{HEAD}transfer-encoding: chunked\r\n\r\n".encode())
        answer = asyncio.create_task(reader.readuntil(b"\r\n"))
        for _ in range(200):
            if answer.done():
                break
            writer.write(chunk)
            await writer.drain()
            most = max(most, resident_bytes())
        assert (await asyncio.wait_for(answer, 10)).startswith(b"HTTP/1.1 413")
        assert most - before < 50 * MEGABYTE
