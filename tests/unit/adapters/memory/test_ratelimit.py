"""The rate limiter in memory, against the conformance suite and against a model in fractions."""

from dataclasses import dataclass, field
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.ports.ratelimit import Limit
from tests.conformance.ratelimit import MINUTE, RateLimiterConformance
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
            await limiter.acquire(subject, [MINUTE])
        assert (await limiter.acquire("a", [MINUTE])).remaining == 2
        assert (await limiter.acquire("b", [MINUTE])).remaining == 4


@dataclass
class _Model:
    """Token buckets as the port's docstring says them, in exact fractions."""

    limits: list[Limit]
    tokens: list[Fraction] = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = [Fraction(limit.count) for limit in self.limits]

    def advance(self, seconds: Fraction) -> None:
        for n, limit in enumerate(self.limits):
            gained = seconds * limit.count / Fraction(limit.window_s)
            self.tokens[n] = min(Fraction(limit.count), self.tokens[n] + gained)

    def acquire(self, cost: int) -> bool:
        is_allowed = all(tokens >= cost for tokens in self.tokens)
        if is_allowed:
            self.tokens = [tokens - cost for tokens in self.tokens]
        return is_allowed


_LIMITS = st.lists(
    st.tuples(st.integers(1, 20), st.sampled_from([0.5, 1.0, 7.0, 60.0])), min_size=1, max_size=3
).map(lambda pairs: [Limit(f"limit{n}", *pair) for n, pair in enumerate(pairs)])
_STEPS = st.lists(st.tuples(st.integers(0, 4_000_000), st.integers(1, 5)), max_size=40)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(limits=_LIMITS, steps=_STEPS)
async def test_it_agrees_with_the_model(limits: list[Limit], steps: list[tuple[int, int]]) -> None:
    clock = ManualClock()
    limiter, model = MemoryRateLimiter(clock), _Model(limits)
    for wait_us, cost in steps:
        clock.advance(wait_us / 1_000_000)
        model.advance(Fraction(wait_us, 1_000_000))
        decision = await limiter.acquire("a", limits, cost=cost)
        assert decision.is_allowed == model.acquire(cost)
        assert decision.remaining == max(0, int(model.tokens[limits.index(decision.limit)]))
