"""R35: requests that are cancelled at any point leave nothing behind for others."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator

import pytest

from ai4v.adapters.http1.upstream import Http1Upstream
from ai4v.ports.upstream import Body, UpstreamRequest
from tests.conformance.upstream import read_all
from tests.support.echo import EchoApp
from tests.support.proxy import slow_proxy
from tests.support.server import serve_app

pytestmark = pytest.mark.connected

_REQUESTS = 2_000
_AT_ONCE = 64
_DELAY_S = 0.02


async def test_r35_no_answer_reaches_another_caller() -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    dice = random.Random(seed)  # noqa: S311 - no secret
    places = asyncio.Semaphore(_AT_ONCE)
    answered = 0

    async def ask(upstream: Http1Upstream, base_url: str, identity: bytes) -> None:
        nonlocal answered

        async def stream() -> AsyncIterator[bytes]:
            for _ in range(3):
                yield identity
                await asyncio.sleep(0)

        is_streamed = dice.random() < 0.3
        body: Body = stream() if is_streamed else identity * 3
        request = UpstreamRequest(
            "POST", base_url, b"/echo?" + identity, [(b"x-id", identity)], body
        )
        patience_s = dice.uniform(0, _DELAY_S * 6) if dice.random() < 0.8 else None
        async with places:
            try:
                async with asyncio.timeout(patience_s):
                    answer = await upstream.send(request)
                    try:
                        assert dict(answer.headers)[b"x-seen-x-id"] == identity
                        assert await read_all(answer) == identity * 3
                    finally:
                        answer.close()
            except TimeoutError:
                return
        answered += 1

    async with (
        serve_app(EchoApp()) as url,
        slow_proxy(int(url.rpartition(":")[2]), delay_s=_DELAY_S) as port,
        Http1Upstream() as upstream,
    ):
        base_url = f"http://127.0.0.1:{port}"
        numbers = range(_REQUESTS)
        await asyncio.gather(*(ask(upstream, base_url, b"id-%06d" % n) for n in numbers))
        assert _REQUESTS * 0.2 < answered < _REQUESTS
        assert upstream.open_connections <= _AT_ONCE
    assert upstream.open_connections == 0
