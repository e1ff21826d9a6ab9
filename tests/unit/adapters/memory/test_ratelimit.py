"""The rate limiter in memory, against the conformance suite and against a model in fractions."""

import pytest
from hypothesis import HealthCheck, given, settings

from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from tests.conformance.ratelimit import MINUTE, RateLimiterConformance, take
from tests.support.bucket import BucketModel, Step, histories
from tests.support.clock import Elapse, ManualClock


class TestMemoryRateLimiter(RateLimiterConformance):
    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock()

    @pytest.fixture
    def elapse(self, clock: ManualClock) -> Elapse:
        return clock.elapse

    @pytest.fixture
    def limiter(self, clock: ManualClock) -> MemoryRateLimiter:
        return MemoryRateLimiter(clock)

    async def test_the_subject_asked_for_longest_ago_makes_room(self, clock: ManualClock) -> None:
        limiter = MemoryRateLimiter(clock, max_subjects=2)
        for subject in ("a", "b", "a", "c"):
            await take(limiter, subject, MINUTE)
        assert (await take(limiter, "a", MINUTE)).remaining == 2
        assert (await take(limiter, "b", MINUTE)).remaining == 4


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=histories())
async def test_it_agrees_with_the_model(steps: list[Step]) -> None:
    clock = ManualClock()
    limiter, model = MemoryRateLimiter(clock), BucketModel()
    for step in steps:
        clock.advance(step.wait_ms / 1_000)
        model.advance(step.wait_ms)
        if step.is_debit:
            await limiter.debit(step.charges)
            model.debit(step.charges)
        else:
            decision = await limiter.acquire(step.charges)
            assert decision.is_allowed == model.acquire(step.charges)
            assert decision.remaining in model.remaining(step.charges, decision.limit)
