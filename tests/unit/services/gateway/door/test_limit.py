import pytest

from ai4v.contracts.error import RateLimitExceededError
from ai4v.contracts.identity import RateLimits
from ai4v.ports.ratelimit import Decision, Limit
from ai4v.services.gateway.door.limit import (
    check_decision,
    describe_decision,
    list_limits,
    show_policy,
)

MINUTE = Limit("minute", 60, 60.0)
POLICY = show_policy([MINUTE, Limit("hour", 5, 3_600.0)])


def test_a_keys_limits() -> None:
    limits = list_limits(RateLimits(per_minute=1, per_hour=2, per_day=3))
    assert [(limit.name, limit.count, limit.window_s) for limit in limits] == [
        ("minute", 1, 60.0),
        ("hour", 2, 3_600.0),
        ("day", 3, 86_400.0),
    ]


def test_a_burst_is_a_bucket_that_fills_like_the_minutes() -> None:
    limits = list_limits(RateLimits(per_minute=100, burst=20))
    assert [(limit.name, limit.count, limit.window_s) for limit in limits[:2]] == [
        ("burst", 20, 12.0),
        ("minute", 100, 60.0),
    ]
    assert show_policy(limits).startswith(b'"burst";q=20;w=12, "minute";q=100;w=60')


@pytest.mark.parametrize("burst", [None, 100, 101])
def test_a_burst_of_a_minute_or_more_bounds_nothing(burst: int | None) -> None:
    limits = list_limits(RateLimits(per_minute=100, burst=burst))
    assert [limit.name for limit in limits] == ["minute", "hour", "day"]


def test_the_headers() -> None:
    decision = Decision(is_allowed=True, limit=MINUTE, remaining=9, reset_s=50.2, retry_after_s=0)
    assert describe_decision(POLICY, decision) == [
        (b"ratelimit-policy", b'"minute";q=60;w=60, "hour";q=5;w=3600'),
        (b"ratelimit", b'"minute";r=9;t=51'),
    ]


def test_another_limit_is_described_when_it_is_the_tightest() -> None:
    limit = Limit("characters-day", 7, 86_400.0)
    decision = Decision(is_allowed=True, limit=limit, remaining=0, reset_s=1, retry_after_s=0)
    policy = dict(describe_decision(POLICY, decision))[b"ratelimit-policy"]
    assert policy == POLICY + b', "characters-day";q=7;w=86400'


def test_a_local_decision_says_so() -> None:
    decision = Decision(
        is_allowed=True, limit=MINUTE, remaining=9, reset_s=1, retry_after_s=0, is_local=True
    )
    assert (b"x-ratelimit-degraded", b"1") in describe_decision(POLICY, decision)


@pytest.mark.parametrize(
    ("wait_s", "told_s"), [(0.001, 1), (1.0, 1), (1.01, 2), (86_400.0, 86_400)]
)
def test_a_refusal_rounds_the_wait_up(wait_s: float, told_s: int) -> None:
    decision = Decision(
        is_allowed=False, limit=MINUTE, remaining=0, reset_s=60.0, retry_after_s=wait_s
    )
    with pytest.raises(RateLimitExceededError, match="minute: 60 requests") as refused:
        check_decision(decision)
    assert refused.value.retry_after_s == told_s
