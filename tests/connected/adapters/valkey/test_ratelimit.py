"""The rate limiter on a real server, alone, behind the fallback, and against the one in memory."""

import asyncio
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.adapters.valkey.connection import ValkeyConnection
from ai4v.adapters.valkey.ratelimit import ValkeyRateLimiter
from ai4v.kit.fallback import FallbackRateLimiter
from ai4v.ports.ratelimit import Decision, Limit, RateLimiterUnavailableError
from tests.conformance.ratelimit import HOUR, MINUTE, RateLimiterConformance, take
from tests.support.clock import ManualClock
from tests.support.valkey import PATIENT, ValkeyServer

pytestmark = pytest.mark.connected

_HISTORY = st.lists(
    st.tuples(st.sets(st.integers(0, 2), min_size=1), st.integers(1, 4)), max_size=30
)
_COUNTS = st.tuples(*[st.integers(0, 12)] * 3)


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


async def test_buckets_are_gone_when_full_again(
    limiter: ValkeyRateLimiter, valkey: ValkeyConnection, namespace: str
) -> None:
    await take(limiter, "a", HOUR)
    await take(limiter, "a", MINUTE)
    ttl = await valkey.execute(RateLimiterUnavailableError, "PTTL", f"{namespace}:limit:a")
    assert isinstance(ttl, int)
    assert 5_100_000 < ttl <= 36_000_000 / 7 + 2


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
    return decision.is_allowed, decision.limit.name, decision.remaining


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(counts=_COUNTS, history=_HISTORY)
async def test_it_decides_as_the_one_in_memory(
    valkey_server: ValkeyServer, counts: tuple[int, ...], history: list[tuple[set[int], int]]
) -> None:
    limits = [Limit(f"limit{n}", count, 36_000 + n) for n, count in enumerate(counts)]
    memory = MemoryRateLimiter(ManualClock())
    async with ValkeyConnection(valkey_server.url, PATIENT) as connection:
        valkey = ValkeyRateLimiter(connection, namespace=f"test-{uuid.uuid4().hex}")
        for chosen, cost in history:
            asked = [limits[n] for n in sorted(chosen)]
            expected = await take(memory, "a", *asked, cost=cost)
            found = await take(valkey, "a", *asked, cost=cost)
            assert _facts(found) == _facts(expected)
            assert found.reset_s == pytest.approx(expected.reset_s, abs=30)
            assert found.retry_after_s == pytest.approx(expected.retry_after_s, abs=30)
