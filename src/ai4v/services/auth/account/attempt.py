"""Counting attempts at a password."""

import math
from typing import Final

from ai4v.contracts.error import RateLimitExceededError
from ai4v.ports.ratelimit import Charge, Limit, RateLimiter

_ATTEMPTS: Final = (Limit("minute", 10, 60.0),)


class PasswordAttempts:
    """Lets so many attempts at a username through, right or wrong."""

    def __init__(self, limiter: RateLimiter) -> None:
        self._limiter = limiter

    async def count(self, username: str) -> None:
        """Count one more.

        Raises:
            RateLimitExceededError: too many at this name.
        """
        decision = await self._limiter.acquire([Charge(f"password:{username}", _ATTEMPTS)])
        if not decision.is_allowed:
            raise RateLimitExceededError(
                "too many attempts at this name; wait",
                retry_after_s=math.ceil(decision.retry_after_s),
            )
