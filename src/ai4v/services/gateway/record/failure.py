"""Stops whoever tries one credential after another."""

from typing import Final

from ai4v.ports.ratelimit import RateLimiter
from ai4v.services.gateway.door.limit import AddressLimits, check_decision

_TRY: Final = 1


class FailureGuard:
    """Counts credentials that were not good by where they came from.

    Only what would be asked of the auth service is stopped: a good key that is remembered passes
    even when somebody else at the same address tries keys.
    """

    def __init__(self, limiter: RateLimiter, limits: AddressLimits) -> None:
        self._limiter = limiter
        self._limits = limits

    async def check(self, network: str) -> None:
        """Return when another one may be tried from there.

        Raises:
            RateLimitExceededError: none may.
        """
        check_decision(await self._limiter.acquire([self._limits.charge_refusal(network, 0)]))

    async def note(self, network: str) -> None:
        """Count one.

        Raises:
            RateLimitExceededError: there were too many.
        """
        check_decision(await self._limiter.acquire([self._limits.charge_refusal(network, _TRY)]))
