"""How many requests a caller may make, and how the answer says so."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from ai4v.contracts.error import RateLimitExceededError
from ai4v.contracts.identity import RateLimits
from ai4v.ports.ratelimit import Decision, Limit
from ai4v.services.gateway.header import Header

_MINUTE_S: Final = 60.0
_HOUR_S: Final = 3_600.0
_DAY_S: Final = 86_400.0


class OpenLimits:
    """The limits of callers who bring no key; each client address has them."""

    def __init__(self, *, sign_ins_per_minute: int, open_per_minute: int) -> None:
        self.sign_in = (Limit("sign-in", sign_ins_per_minute, _MINUTE_S),)
        self.open = (Limit("open", open_per_minute, _MINUTE_S),)


@lru_cache(maxsize=1_024)
def list_limits(limits: RateLimits) -> tuple[Limit, ...]:
    """Return a key's limits as the limiter takes them."""
    return (
        Limit("minute", limits.per_minute, _MINUTE_S),
        Limit("hour", limits.per_hour, _HOUR_S),
        Limit("day", limits.per_day, _DAY_S),
    )


def describe_decision(limits: Sequence[Limit], decision: Decision) -> tuple[Header, ...]:
    """Return the headers RateLimit-Policy and RateLimit.

    Source: draft-ietf-httpapi-ratelimit-headers-10: quota and window of each policy, then what is
    left of the tightest one and in how many seconds it is whole again.
    """
    policy = ", ".join(f'"{limit.name}";q={limit.count};w={limit.window_s:.0f}' for limit in limits)
    state = f'"{decision.limit.name}";r={decision.remaining};t={math.ceil(decision.reset_s)}'
    return ((b"ratelimit-policy", policy.encode()), (b"ratelimit", state.encode()))


def check_decision(decision: Decision) -> None:
    """Return when the request may go on.

    Raises:
        RateLimitExceededError: it may not; says when the next one may.
    """
    if decision.is_allowed:
        return
    limit = decision.limit
    raise RateLimitExceededError(
        f"over the limit {limit.name}: {limit.count} requests in {limit.window_s:.0f} s",
        retry_after_s=max(1, math.ceil(decision.retry_after_s)),
    )
