"""What every rate limiter must do."""

import asyncio

import pytest

from ai4v.ports.ratelimit import Charge, Decision, Limit, RateLimiter
from tests.support.clock import Elapse

MINUTE = Limit("minute", 5, 3_600)
"""Slow enough that no token comes back while a test runs."""
HOUR = Limit("hour", 7, 36_000)
HOUR_1000 = Limit("hour", 1_000, 36_000)
_QUICK = Limit("quick", 2, 2.0)


async def take(limiter: RateLimiter, subject: str, *limits: Limit, cost: int = 1) -> Decision:
    """Acquire for one subject."""
    return await limiter.acquire([Charge(subject, limits, cost)])


class RateLimiterConformance:
    """Subclass it with the fixtures `limiter` and `elapse`."""

    async def test_the_whole_limit_may_come_at_once(self, limiter: RateLimiter) -> None:
        decisions = [await take(limiter, "a", MINUTE) for _ in range(6)]
        assert [decision.is_allowed for decision in decisions] == [True] * 5 + [False]
        assert [decision.remaining for decision in decisions] == [4, 3, 2, 1, 0, 0]

    async def test_an_allowed_request_need_not_wait(self, limiter: RateLimiter) -> None:
        decision = await take(limiter, "a", MINUTE)
        assert decision.retry_after_s == 0
        assert decision.reset_s == pytest.approx(720, abs=1)

    async def test_a_refused_request_is_told_when(self, limiter: RateLimiter) -> None:
        for _ in range(5):
            await take(limiter, "a", MINUTE)
        decision = await take(limiter, "a", MINUTE)
        assert decision.retry_after_s == pytest.approx(720, abs=30)
        assert decision.retry_after_s <= 720
        assert decision.reset_s == pytest.approx(3_600, abs=30)

    async def test_a_refusal_takes_nothing(self, limiter: RateLimiter) -> None:
        await take(limiter, "a", MINUTE, cost=3)
        assert not (await take(limiter, "a", MINUTE, cost=3)).is_allowed
        assert (await take(limiter, "a", MINUTE, cost=2)).remaining == 0

    async def test_all_limits_or_none(self, limiter: RateLimiter) -> None:
        await take(limiter, "a", MINUTE, cost=5)
        refused = await take(limiter, "a", HOUR, MINUTE)
        assert (refused.is_allowed, refused.limit) == (False, MINUTE)
        assert (await take(limiter, "a", HOUR)).remaining == 6

    async def test_the_tightest_is_told(self, limiter: RateLimiter) -> None:
        await take(limiter, "a", HOUR, cost=5)
        decision = await take(limiter, "a", MINUTE, HOUR)
        assert (decision.limit, decision.remaining) == (HOUR, 1)

    async def test_of_two_refusals_the_longer_is_told(self, limiter: RateLimiter) -> None:
        await take(limiter, "a", MINUTE, cost=5)
        await take(limiter, "a", HOUR, cost=7)
        refused = await take(limiter, "a", MINUTE, HOUR)
        assert refused.limit == HOUR
        assert refused.retry_after_s == pytest.approx(36_000 / 7, abs=60)

    async def test_subjects_do_not_share(self, limiter: RateLimiter) -> None:
        await take(limiter, "a", MINUTE, cost=5)
        assert (await take(limiter, "b", MINUTE)).is_allowed

    @pytest.mark.parametrize("count", [5, 0])
    async def test_a_cost_over_the_count_is_always_refused(
        self, limiter: RateLimiter, count: int
    ) -> None:
        limit = Limit("minute", count, 60)
        refused = await take(limiter, "a", limit, cost=6)
        assert (refused.is_allowed, refused.remaining) == (False, count)
        assert refused.retry_after_s == 60

    async def test_a_raised_limit_acts_at_once(self, limiter: RateLimiter) -> None:
        await take(limiter, "a", MINUTE, cost=5)
        raised = await take(limiter, "a", Limit("minute", 50, 3_600))
        assert (raised.is_allowed, raised.remaining) == (True, 44)

    async def test_a_lowered_limit_refuses_and_never_counts_below_zero(
        self, limiter: RateLimiter
    ) -> None:
        await take(limiter, "a", MINUTE, cost=5)
        lowered = await take(limiter, "a", Limit("minute", 2, 3_600))
        assert (lowered.is_allowed, lowered.remaining) == (False, 0)

    async def test_tokens_come_back_evenly(self, limiter: RateLimiter, elapse: Elapse) -> None:
        await take(limiter, "a", _QUICK, cost=2)
        refused = await take(limiter, "a", _QUICK)
        assert 0 < refused.retry_after_s <= 1
        await elapse(refused.retry_after_s + 0.002)
        assert (await take(limiter, "a", _QUICK)).is_allowed
        await elapse(2.1)
        assert (await take(limiter, "a", _QUICK, cost=2)).is_allowed

    async def test_a_full_bucket_holds_no_more(self, limiter: RateLimiter, elapse: Elapse) -> None:
        await take(limiter, "a", _QUICK)
        await elapse(2.1)
        assert (await take(limiter, "a", _QUICK)).remaining == 1

    async def test_big_limits_are_exact(self, limiter: RateLimiter) -> None:
        day = Limit("day", 100_000, 86_400)
        await take(limiter, "a", day, cost=99_998)
        decisions = [await take(limiter, "a", day) for _ in range(2)]
        assert [decision.is_allowed for decision in decisions] == [True, True]

    async def test_at_once_exactly_the_limit_passes(self, limiter: RateLimiter) -> None:
        limit = Limit("minute", 60, 36_000)
        calls = (take(limiter, "a", limit, HOUR_1000) for _ in range(200))
        decisions = await asyncio.gather(*calls)
        assert sum(decision.is_allowed for decision in decisions) == 60

    async def test_several_subjects_are_charged_at_once(self, limiter: RateLimiter) -> None:
        decision = await limiter.acquire(
            [Charge("a", (HOUR, HOUR_1000)), Charge("b", (MINUTE,), 3), Charge("c", (HOUR,), 2)]
        )
        assert (decision.is_allowed, decision.limit, decision.remaining) == (True, MINUTE, 2)
        assert (await take(limiter, "a", HOUR)).remaining == 5
        assert (await take(limiter, "c", HOUR)).remaining == 4

    async def test_one_refusal_spares_every_subject(self, limiter: RateLimiter) -> None:
        await take(limiter, "b", MINUTE, cost=5)
        refused = await limiter.acquire([Charge("a", (HOUR,)), Charge("b", (MINUTE,))])
        assert (refused.is_allowed, refused.limit) == (False, MINUTE)
        assert (await take(limiter, "a", HOUR)).remaining == 6

    async def test_a_cost_of_nothing_takes_nothing(self, limiter: RateLimiter) -> None:
        decisions = [await take(limiter, "a", MINUTE, cost=0) for _ in range(7)]
        assert [decision.remaining for decision in decisions] == [5] * 7

    async def test_an_exhausted_bucket_refuses_even_a_cost_of_nothing(
        self, limiter: RateLimiter
    ) -> None:
        await take(limiter, "a", MINUTE, cost=5)
        refused = await take(limiter, "a", MINUTE, cost=0)
        assert not refused.is_allowed
        assert refused.retry_after_s == pytest.approx(720, abs=30)
        assert not (await take(limiter, "b", Limit("minute", 0, 60), cost=0)).is_allowed

    async def test_a_debit_is_taken_like_any_other(self, limiter: RateLimiter) -> None:
        await limiter.debit([Charge("a", (MINUTE, HOUR), 2), Charge("b", (MINUTE,), 4)])
        assert (await take(limiter, "a", MINUTE, HOUR)).remaining == 2
        assert (await take(limiter, "b", MINUTE)).remaining == 0

    async def test_an_overdrawn_bucket_refuses_until_it_has_recovered(
        self, limiter: RateLimiter
    ) -> None:
        await limiter.debit([Charge("a", (MINUTE,), 15)])
        refused = await take(limiter, "a", MINUTE, cost=0)
        assert (refused.is_allowed, refused.remaining) == (False, 0)
        assert refused.retry_after_s == pytest.approx(720 * 11, abs=30)
        assert refused.reset_s == pytest.approx(720 * 15, abs=30)

    async def test_a_debt_is_paid_by_time(self, limiter: RateLimiter, elapse: Elapse) -> None:
        await limiter.debit([Charge("a", (_QUICK,), 3)])
        refused = await take(limiter, "a", _QUICK)
        assert 1 < refused.retry_after_s <= 2
        await elapse(refused.retry_after_s + 0.002)
        assert (await take(limiter, "a", _QUICK)).is_allowed

    async def test_a_refund_is_as_if_nothing_was_taken(self, limiter: RateLimiter) -> None:
        charges = (Charge("a", (MINUTE, HOUR)), Charge("b", (HOUR,), 3))
        before = await limiter.acquire(charges)
        assert (await limiter.acquire(charges)).is_allowed
        decision = await limiter.refund(charges)
        assert (decision.is_allowed, decision.retry_after_s) == (True, 0)
        assert (decision.limit, decision.remaining) == (before.limit, before.remaining)
        assert decision.reset_s == pytest.approx(before.reset_s, abs=30)
        assert (await take(limiter, "a", MINUTE)).remaining == 3
        assert (await take(limiter, "b", HOUR)).remaining == 3

    async def test_a_refund_does_not_overfill(self, limiter: RateLimiter) -> None:
        await limiter.acquire([Charge("a", (MINUTE,), 2)])
        decision = await limiter.refund([Charge("a", (MINUTE,), 5)])
        assert decision.remaining == 5
        assert (await limiter.refund([Charge("new", (MINUTE,))])).remaining == 5
        assert (await take(limiter, "a", MINUTE)).remaining == 4

    async def test_a_refund_lets_the_next_pass(self, limiter: RateLimiter) -> None:
        await take(limiter, "a", MINUTE, cost=5)
        assert not (await take(limiter, "a", MINUTE)).is_allowed
        await limiter.refund([Charge("a", (MINUTE,))])
        assert (await take(limiter, "a", MINUTE)).is_allowed
        assert not (await take(limiter, "a", MINUTE)).is_allowed

    async def test_nothing_to_count_is_a_mistake(self, limiter: RateLimiter) -> None:
        for charges in ([], [Charge("a", ())]):
            with pytest.raises(ValueError, match="limit"):
                await limiter.acquire(charges)
            with pytest.raises(ValueError, match="limit"):
                await limiter.debit(charges)
        with pytest.raises(ValueError, match="cost"):
            await take(limiter, "a", MINUTE, cost=-1)
