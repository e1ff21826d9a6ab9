"""Going on when something shared is down."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from ai4v.ports.ratelimit import Charge, Decision, RateLimiter, RateLimiterUnavailableError


def _ignore(_is_degraded: bool, /) -> None:  # noqa: FBT001 - the shape of the callback
    """Tell nobody."""


class FallbackRateLimiter:
    """Asks the shared limiter; while it is down, the local one decides.

    The local buckets know nothing of the shared ones, so each instance then allows the whole
    limit. Every call asks the shared limiter first: it must fail fast when it is down, and the
    first answer ends the degraded state.
    """

    def __init__(
        self,
        shared: RateLimiter,
        local: RateLimiter,
        *,
        on_change: Callable[[bool], None] = _ignore,
    ) -> None:
        """Wrap two limiters.

        Args:
            shared: counts for all instances.
            local: counts for this process alone and never fails.
            on_change: told True when the local limiter takes over, False when it hands back.
        """
        self._shared = shared
        self._local = local
        self._on_change = on_change
        self._is_degraded = False

    @property
    def is_degraded(self) -> bool:
        """Whether the latest decision was a local one."""
        return self._is_degraded

    async def acquire(self, charges: Sequence[Charge]) -> Decision:
        """Take from the shared buckets, or from the local ones; never raises unavailable."""
        try:
            decision = await self._shared.acquire(charges)
        except RateLimiterUnavailableError:
            self._mark(is_degraded=True)
            return replace(await self._local.acquire(charges), is_local=True)
        self._mark(is_degraded=False)
        return decision

    async def debit(self, charges: Sequence[Charge]) -> None:
        """Take from the shared buckets, or from the local ones; never raises unavailable."""
        try:
            await self._shared.debit(charges)
        except RateLimiterUnavailableError:
            self._mark(is_degraded=True)
            await self._local.debit(charges)
        else:
            self._mark(is_degraded=False)

    def _mark(self, *, is_degraded: bool) -> None:
        if is_degraded != self._is_degraded:
            self._is_degraded = is_degraded
            self._on_change(is_degraded)
