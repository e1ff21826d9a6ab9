"""Limits while the server is dead, or stands still: what they cost, and what they let through."""

import asyncio
import time
from contextlib import AsyncExitStack

import pytest

from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.adapters.valkey.connection import HOT_PATH, ValkeyConnection
from ai4v.adapters.valkey.ratelimit import ValkeyRateLimiter
from ai4v.kit.fallback import FallbackPolicy, FallbackRateLimiter
from ai4v.ports.ratelimit import Limit
from tests.conformance.ratelimit import HOUR_1000, take
from tests.support.chaos.figure import tell
from tests.support.poll import until
from tests.support.valkey import ValkeyServer

pytestmark = pytest.mark.connected

_SLACK_S = 2.0
"""What a busy machine may add to a time; what must not happen takes for ever."""


async def test_a_paused_store_costs_each_of_three_requests_fifty_milliseconds(
    own_valkey_server: ValkeyServer,
) -> None:
    """R18; and no longer than two seconds after its return it is used again."""
    async with ValkeyConnection(own_valkey_server.url, HOT_PATH) as connection:
        limiter = FallbackRateLimiter(ValkeyRateLimiter(connection), MemoryRateLimiter())
        await take(limiter, "a", HOUR_1000)
        own_valkey_server.pause()
        took_s = []
        for _ in range(103):
            started_s = time.monotonic()
            assert (await take(limiter, "a", HOUR_1000)).is_local
            took_s.append(time.monotonic() - started_s)
        own_valkey_server.resume()
        resumed_s = time.monotonic()

        async def is_shared() -> bool:
            return not (await take(limiter, "a", HOUR_1000)).is_local

        await until(is_shared, timeout_s=10)
        back_s = time.monotonic() - resumed_s
    tell("R18", first_ms=max(took_s[:3]) * 1e3, then_us=sum(took_s[3:]) * 1e4, back_s=back_s)
    assert max(took_s) < HOT_PATH.timeout_s + _SLACK_S
    assert sum(took_s[3:]) < HOT_PATH.timeout_s + _SLACK_S
    assert back_s < 2 + _SLACK_S


class _Load:
    """Asks three instances for twice the limit, and counts what is let through."""

    def __init__(self, fleet: list[FallbackRateLimiter], limit: Limit) -> None:
        self._fleet = fleet
        self._limit = limit
        self._asked = 0
        self.allowed = 0
        self.local = 0
        self.started_s = time.monotonic()

    async def run(self, duration_s: float) -> None:
        end_s = time.monotonic() + duration_s
        rate = 2 * self._limit.count / self._limit.window_s
        while (now_s := time.monotonic()) < end_s:
            for _ in range(int((now_s - self.started_s) * rate) - self._asked):
                self._asked += 1
                limiter = self._fleet[self._asked % len(self._fleet)]
                decision = await take(limiter, "a", self._limit)
                self.allowed += decision.is_allowed
                self.local += decision.is_local
            await asyncio.sleep(0.01)

    def expected(self) -> float:
        """Return what an unbroken limiter lets through: a full bucket, and what comes back."""
        passed_s = time.monotonic() - self.started_s
        return self._limit.count * (1 + passed_s / self._limit.window_s)


async def test_three_gateways_without_a_server_keep_the_limit(
    own_valkey_server: ValkeyServer,
) -> None:
    """R17: a kill in the middle of a window, at twice the limit."""
    limit = Limit("window", 120, 4.0)
    policy = FallbackPolicy(count_instances=lambda: 3)
    async with AsyncExitStack() as stack:
        fleet = []
        for _ in range(3):
            connection = ValkeyConnection(own_valkey_server.url, HOT_PATH)
            shared = ValkeyRateLimiter(await stack.enter_async_context(connection))
            fleet.append(FallbackRateLimiter(shared, MemoryRateLimiter(), policy=policy))
        load = _Load(fleet, limit)
        await load.run(2.0)
        own_valkey_server.kill()
        await load.run(2.0)
        own_valkey_server.spawn()
        await load.run(4.0)
        tell("R17", let_through=load.allowed / load.expected(), decided_alone=load.local)
        assert 0.7 * load.expected() < load.allowed < 1.3 * load.expected()
        assert load.local > 0
        assert not any(limiter.is_degraded for limiter in fleet)
