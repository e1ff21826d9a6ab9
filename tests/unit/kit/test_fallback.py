"""The limiter that goes on alone."""

from collections.abc import Sequence

import pytest

from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.kit.fallback import FallbackRateLimiter
from ai4v.ports.ratelimit import Charge, Decision, RateLimiterUnavailableError
from tests.conformance.ratelimit import MINUTE, RateLimiterConformance, take
from tests.support.clock import Elapse, ManualClock


class _Switchable:
    """A shared limiter that can be down."""

    def __init__(self, clock: ManualClock) -> None:
        self.is_down = False
        self._inner = MemoryRateLimiter(clock)

    async def acquire(self, charges: Sequence[Charge]) -> Decision:
        self._check()
        return await self._inner.acquire(charges)

    async def debit(self, charges: Sequence[Charge]) -> None:
        self._check()
        await self._inner.debit(charges)

    def _check(self) -> None:
        if self.is_down:
            raise RateLimiterUnavailableError("down")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def elapse(clock: ManualClock) -> Elapse:
    return clock.elapse


@pytest.fixture
def shared(clock: ManualClock) -> _Switchable:
    return _Switchable(clock)


class TestSharedUp(RateLimiterConformance):
    @pytest.fixture
    def limiter(self, shared: _Switchable, clock: ManualClock) -> FallbackRateLimiter:
        return FallbackRateLimiter(shared, MemoryRateLimiter(clock))


class TestSharedDown(RateLimiterConformance):
    @pytest.fixture
    def limiter(self, shared: _Switchable, clock: ManualClock) -> FallbackRateLimiter:
        shared.is_down = True
        return FallbackRateLimiter(shared, MemoryRateLimiter(clock))


async def test_it_falls_back_and_comes_back(shared: _Switchable, clock: ManualClock) -> None:
    states: list[bool] = []
    limiter = FallbackRateLimiter(shared, MemoryRateLimiter(clock), on_change=states.append)
    await take(limiter, "a", MINUTE)
    assert (limiter.is_degraded, states) == (False, [])

    shared.is_down = True
    decisions = [await take(limiter, "a", MINUTE) for _ in range(6)]
    assert [decision.is_allowed for decision in decisions] == [True] * 5 + [False]
    assert (limiter.is_degraded, states) == (True, [True])

    shared.is_down = False
    assert (await take(limiter, "a", MINUTE)).remaining == 3
    assert (limiter.is_degraded, states) == (False, [True, False])
