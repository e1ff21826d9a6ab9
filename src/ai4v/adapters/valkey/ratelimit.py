"""The rate limiter port in Valkey: one script, one round trip, the server's clock."""

from collections.abc import Iterator, Sequence
from typing import Final, cast

from ai4v.adapters.valkey.connection import ValkeyConnection
from ai4v.adapters.valkey.script import load_script
from ai4v.ports.ratelimit import Decision, Limit, RateLimiterUnavailableError

_ACQUIRE: Final = load_script("acquire")
_US: Final = 1_000_000


class ValkeyRateLimiter:
    """Keeps one hash for each subject, gone when its buckets are full again.

    Exact while a limit's count times its window stays below 9 x 10^9 (100,000 a day does).
    """

    def __init__(self, connection: ValkeyConnection, *, namespace: str = "ai4v") -> None:
        self._connection = connection
        self._prefix = f"{namespace}:limit:"

    async def acquire(self, subject: str, limits: Sequence[Limit], *, cost: int = 1) -> Decision:
        """Take from every bucket or from none in one script."""
        if not limits or cost < 1:
            raise ValueError("acquire needs a limit and a cost of at least 1")
        reply = await self._connection.run(
            RateLimiterUnavailableError,
            _ACQUIRE,
            1,
            self._prefix + subject,
            cost,
            *_list_buckets(limits),
        )
        is_allowed, told, remaining, reset_us, retry_us = cast("list[int]", reply)
        return Decision(
            is_allowed=is_allowed == 1,
            limit=limits[told - 1],
            remaining=remaining,
            reset_s=reset_us / _US,
            retry_after_s=retry_us / _US,
        )


def _list_buckets(limits: Sequence[Limit]) -> Iterator[str | int]:
    """Name each bucket; another window is another bucket, for its unit is another."""
    for limit in limits:
        window_us = round(limit.window_s * _US)
        yield from (f"{limit.name}:{window_us}", limit.count, window_us)
