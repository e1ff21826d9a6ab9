"""R35: requests that are cancelled at any point leave nothing behind for others."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from ai4v.adapters.http1.pool import UpstreamLimits
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


async def _repeat(identity: bytes) -> AsyncIterator[bytes]:
    for _ in range(3):
        yield identity
        await asyncio.sleep(0)


class _Crowd:
    """Asks many questions at once, gives most of them up, and looks at every answer."""

    def __init__(self, upstream: Http1Upstream, base_url: str, dice: random.Random) -> None:
        self.answered = 0
        self._upstream = upstream
        self._base_url = base_url
        self._dice = dice
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def ask(self, number: int) -> None:
        """Ask, and wait as long as the dice say."""
        identity = b"id-%06d" % number
        body: Body = _repeat(identity) if self._dice.random() < 0.3 else identity * 3
        request = UpstreamRequest(
            "POST", self._base_url, b"/echo?" + identity, [(b"x-id", identity)], body
        )
        is_patient = self._dice.random() < 0.2
        patience_s = None if is_patient else self._dice.uniform(0, _DELAY_S * 6)
        async with self._places:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await self._check(request, identity)

    async def _check(self, request: UpstreamRequest, identity: bytes) -> None:
        answer = await self._upstream.send(request)
        try:
            assert dict(answer.headers)[b"x-seen-x-id"] == identity
            assert await read_all(answer) == identity * 3
        finally:
            answer.close()
        self.answered += 1


async def test_r35_no_answer_reaches_another_caller() -> None:
    seed = secrets.randbits(32)
    async with (
        serve_app(EchoApp()) as url,
        slow_proxy(int(url.rpartition(":")[2]), delay_s=_DELAY_S) as port,
        Http1Upstream(UpstreamLimits(connect_timeout_s=30)) as upstream,
    ):
        dice = random.Random(seed)  # noqa: S311 - no secret
        crowd = _Crowd(upstream, f"http://127.0.0.1:{port}", dice)
        await asyncio.gather(*(crowd.ask(number) for number in range(_REQUESTS)))
        print(f"seed {seed}: {crowd.answered} of {_REQUESTS} answered")  # noqa: T201 - the figure
        assert _REQUESTS * 0.1 < crowd.answered < _REQUESTS  # one in five is never given up
        assert upstream.open_connections <= _AT_ONCE
    assert upstream.open_connections == 0
