"""The rate limiter port in Valkey: one script, one round trip, the server's clock.

The script touches the keys of several subjects at once, so Valkey Cluster is not supported; one
primary at one address is.
"""

from collections.abc import Iterator, Sequence
from typing import Final, cast

from ai4v.adapters.valkey.connection import ValkeyConnection
from ai4v.adapters.valkey.script import load_script
from ai4v.ports.ratelimit import Charge, Decision, RateLimiterUnavailableError, check_charges

_CHARGE: Final = load_script("charge")
_MS: Final = 1_000


class ValkeyRateLimiter:
    """Keeps one hash for each subject, gone when its buckets are full again.

    Time counts in whole milliseconds. Exact while what was taken times a limit's window stays below
    9 x 10^15 token milliseconds (a hundred million a day does).
    """

    def __init__(self, connection: ValkeyConnection, *, namespace: str = "ai4v") -> None:
        self._connection = connection
        self._prefix = f"{namespace}:limit:"

    async def acquire(self, charges: Sequence[Charge]) -> Decision:
        """Take from every bucket or from none in one script."""
        is_allowed, told, remaining, reset_ms, retry_ms = await self._run(charges, is_debit=False)
        limits = [limit for charge in charges for limit in charge.limits]
        return Decision(
            is_allowed=is_allowed == 1,
            limit=limits[told - 1],
            remaining=remaining,
            reset_s=reset_ms / _MS,
            retry_after_s=retry_ms / _MS,
        )

    async def debit(self, charges: Sequence[Charge]) -> None:
        """Take from every bucket in one script."""
        await self._run(charges, is_debit=True)

    async def _run(self, charges: Sequence[Charge], *, is_debit: bool) -> list[int]:
        check_charges(charges)
        reply = await self._connection.run(
            RateLimiterUnavailableError,
            _CHARGE,
            len(charges),
            *[self._prefix + charge.subject for charge in charges],
            int(is_debit),
            *_list_arguments(charges),
        )
        return cast("list[int]", reply)


def _list_arguments(charges: Sequence[Charge]) -> Iterator[str | int]:
    """Name each bucket; another window is another bucket, for its unit is another."""
    for charge in charges:
        yield from (charge.cost, len(charge.limits))
        for limit in charge.limits:
            window_ms = round(limit.window_s * _MS)
            yield from (f"{limit.name}:{window_ms}", limit.count, window_ms)
