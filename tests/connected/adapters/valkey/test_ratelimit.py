"""The rate limiter on a real server, alone, behind the fallback, and against the one in memory."""

import asyncio
import uuid

import pytest
from hypothesis import HealthCheck, given, settings

from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.adapters.valkey.connection import ValkeyConnection
from ai4v.adapters.valkey.ratelimit import ValkeyRateLimiter
from ai4v.kit.fallback import FallbackRateLimiter
from ai4v.ports.ratelimit import Charge, Decision, Limit, RateLimiterUnavailableError
from tests.conformance.ratelimit import HOUR, MINUTE, RateLimiterConformance, take
from tests.support.bucket import SLOW, Step, histories
from tests.support.clock import ManualClock
from tests.support.valkey import PATIENT, ValkeyServer

pytestmark = pytest.mark.connected


@pytest.fixture
def limiter(valkey: ValkeyConnection, namespace: str) -> ValkeyRateLimiter:
    return ValkeyRateLimiter(valkey, namespace=namespace)


class TestValkeyRateLimiter(RateLimiterConformance):
    pass


class TestFallbackOverValkey(RateLimiterConformance):
    @pytest.fixture
    def limiter(self, valkey: ValkeyConnection, namespace: str) -> FallbackRateLimiter:
        shared = ValkeyRateLimiter(valkey, namespace=namespace)
        return FallbackRateLimiter(shared, MemoryRateLimiter())


async def test_buckets_are_gone_soon_after_they_are_full_again(
    limiter: ValkeyRateLimiter, valkey: ValkeyConnection, namespace: str
) -> None:
    await take(limiter, "a", HOUR)
    await take(limiter, "a", MINUTE)
    ttl = await valkey.execute(RateLimiterUnavailableError, "PTTL", f"{namespace}:limit:a")
    assert isinstance(ttl, int)
    assert 5_100_000 < ttl <= 36_000_000 / 7 + 10_002


async def test_a_script_that_the_server_forgot_is_sent_again(
    limiter: ValkeyRateLimiter, valkey: ValkeyConnection
) -> None:
    await take(limiter, "a", MINUTE)
    await valkey.execute(RateLimiterUnavailableError, "SCRIPT", "FLUSH")
    assert (await take(limiter, "a", MINUTE)).remaining == 3


async def test_two_processes_share_one_limit(valkey_server: ValkeyServer, namespace: str) -> None:
    limit = Limit("minute", 60, 36_000)
    async with (
        ValkeyConnection(valkey_server.url, PATIENT) as one,
        ValkeyConnection(valkey_server.url, PATIENT) as other,
    ):
        limiters = [ValkeyRateLimiter(each, namespace=namespace) for each in (one, other)]
        decisions = await asyncio.gather(*(take(limiters[n % 2], "a", limit) for n in range(200)))
    assert sum(decision.is_allowed for decision in decisions) == 60


def _facts(decision: Decision) -> tuple[bool, str, int]:
    """Return what must be equal; of a refusal less, for time passes and breaks ties."""
    if not decision.is_allowed:
        return False, "", 0
    return True, decision.limit.name, decision.remaining


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=histories(SLOW, longest_wait_ms=0))
async def test_it_decides_as_the_one_in_memory(
    valkey_server: ValkeyServer, steps: list[Step]
) -> None:
    memory = MemoryRateLimiter(ManualClock())
    async with ValkeyConnection(valkey_server.url, PATIENT) as connection:
        valkey = ValkeyRateLimiter(connection, namespace=f"test-{uuid.uuid4().hex}")
        for step in steps:
            if step.is_debit:
                await memory.debit(step.charges)
                await valkey.debit(step.charges)
                continue
            expected = await memory.acquire(step.charges)
            found = await valkey.acquire(step.charges)
            assert _facts(found) == _facts(expected)
            if found.is_allowed:
                assert found.reset_s == pytest.approx(expected.reset_s, abs=30)
            assert found.retry_after_s == pytest.approx(expected.retry_after_s, abs=30)


async def test_all_subjects_are_charged_in_one_round_trip(
    valkey: ValkeyConnection, namespace: str
) -> None:
    limiter = ValkeyRateLimiter(valkey, namespace=namespace)
    await limiter.acquire([Charge("warm", (HOUR,))])
    await valkey.execute(RateLimiterUnavailableError, "CONFIG", "RESETSTAT")
    await limiter.acquire([Charge(f"subject {n}", (MINUTE, HOUR)) for n in range(5)])
    stats = await valkey.execute(RateLimiterUnavailableError, "INFO", "commandstats")
    assert isinstance(stats, bytes)
    assert b"cmdstat_evalsha:calls=1," in stats
    assert b"cmdstat_eval:" not in stats
