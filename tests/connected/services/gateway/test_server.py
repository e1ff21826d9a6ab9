"""The gateway between a real server and a real client."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
import uvicorn
from starlette.types import ASGIApp

from ai4v.adapters.http1.upstream import Http1Upstream
from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.kit.clock import SystemClock
from ai4v.ports.registry import Instance
from ai4v.services.gateway.app import Adapters, create_app
from tests.service.gateway.echo import Script
from tests.service.gateway.house import KEY, Authority, make_service, make_settings
from tests.support.poll import until
from tests.support.seal import seal_registry

pytestmark = pytest.mark.connected

STREAM = "/api/v1/asr/stream"


@asynccontextmanager
async def serve(app: ASGIApp) -> AsyncIterator[str]:
    """Run uvicorn on a free port; yield its address."""
    config = uvicorn.Config(
        app, port=0, log_config=None, access_log=False, proxy_headers=False, server_header=False
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())

    async def is_up() -> bool:
        return server.started or serving.done()

    await until(is_up)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
async def client(script: Script) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a gateway with the auth service of the tests and the script behind it."""
    registry = MemoryRegistry()
    auth = make_service("auth", Authority().router())
    async with (
        Http1Upstream() as upstream,
        serve(auth) as auth_url,
        serve(script) as script_url,
    ):
        for service, url in (("auth", auth_url), ("asr", script_url)):
            await seal_registry(registry).register(Instance(service, service, url), lease_s=60)
        clock = SystemClock()
        cache, limiter = MemoryCache(), MemoryRateLimiter()
        adapters = Adapters(cache, limiter, registry, upstream, clock, ledger=cache)
        async with (
            serve(create_app(make_settings(), adapters=adapters)) as url,
            httpx2.AsyncClient(base_url=url, headers={"authorization": KEY}) as connected,
        ):
            yield connected


async def test_bodies_are_streamed_both_ways(client: httpx2.AsyncClient, script: Script) -> None:
    first_seen = asyncio.Event()

    async def upload() -> AsyncIterator[bytes]:
        yield b"one"
        await first_seen.wait()
        yield b"two"

    asking = asyncio.create_task(
        client.send(client.build_request("POST", STREAM, content=upload()), stream=True)
    )
    assert await script.received.get() == b"one"
    first_seen.set()
    assert await script.received.get() == b"two"
    script.chunks.put_nowait(b"first")
    answer = await asking
    chunks = answer.aiter_raw()
    assert await anext(chunks) == b"first"
    script.chunks.put_nowait(b"second")
    assert await anext(chunks) == b"second"
    script.chunks.put_nowait(b"")
    assert [chunk async for chunk in chunks] == []
    await answer.aclose()


async def test_an_answer_that_breaks_off_shows(client: httpx2.AsyncClient, script: Script) -> None:
    script.chunks.put_nowait(b"first")
    script.chunks.put_nowait(None)
    with pytest.raises(httpx2.RemoteProtocolError):
        await client.get(STREAM)


async def test_a_client_that_leaves_ends_the_work(
    client: httpx2.AsyncClient, script: Script
) -> None:
    asking = asyncio.create_task(client.post(STREAM, content=b"x"))
    await script.received.get()
    asking.cancel()
    await asyncio.wait_for(script.has_client_left.wait(), 5)


async def test_the_deadline_ends_the_work(client: httpx2.AsyncClient, script: Script) -> None:
    await client.get("/api/v1/auth/me")
    answer = await client.get(STREAM, headers={"x-request-timeout-ms": "300"})
    assert answer.status_code == 504
    await asyncio.wait_for(script.has_client_left.wait(), 5)


async def test_a_large_body_goes_through_whole(client: httpx2.AsyncClient, script: Script) -> None:
    content = bytes(range(256)) * 4 * 4096
    for start in range(0, len(content), 1 << 16):
        script.chunks.put_nowait(content[start : start + (1 << 16)])
    script.chunks.put_nowait(b"")
    answer = await client.post(STREAM, content=content)
    assert answer.content == content
    received = b""
    while not script.received.empty():
        received += script.received.get_nowait()
    assert received == content[: len(received)]
