"""The rate limiter port in Valkey: one script, one round trip, the server's clock.

The script touches the keys of several subjects at once, so Valkey Cluster is not supported; one
primary at one address is.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from ai4v.adapters.valkey.command import Argument
from ai4v.adapters.valkey.connection import ValkeyConnection
from ai4v.adapters.valkey.script import ScriptCall, load_script
from ai4v.ports.ratelimit import (
    Charge,
    Decision,
    Limit,
    RateLimiterUnavailableError,
    check_charges,
)

_CHARGE: Final = load_script("charge")
_ACQUIRE: Final = 0
_DEBIT: Final = 1
_REFUND: Final = 2
_MS: Final = 1_000
_MOST_BILLS: Final = 4_096


class _Bill:
    """What some charges are as a call of the script."""

    __slots__ = ("call", "charges", "limits")

    def __init__(self, prefix: str, charges: Sequence[Charge], way: int) -> None:
        check_charges(charges)
        self.charges = charges
        subjects: dict[str, list[tuple[Limit, int]]] = {}
        for charge in charges:
            items = subjects.setdefault(charge.subject, [])
            items += [(limit, charge.cost) for limit in charge.limits]
        keys = [prefix + subject for subject in subjects]
        arguments: list[Argument] = [len(keys), *keys, way]
        for items in subjects.values():
            arguments += _list_arguments(items)
        self.limits = [limit for items in subjects.values() for limit, _ in items]
        """In the order of the script."""
        self.call = ScriptCall(_CHARGE, tuple(arguments))


class ValkeyRateLimiter:
    """Keeps one hash for each subject, gone when its buckets are full again.

    Time counts in whole milliseconds. Exact while what was taken times a limit's window stays below
    9 x 10^15 token milliseconds (a hundred million a day does).

    A tuple of charges that is given again, itself and not its like, is not packed again.
    """

    def __init__(self, connection: ValkeyConnection, *, namespace: str = "ai4v") -> None:
        self._connection = connection
        self._prefix = f"{namespace}:limit:"
        self._bills: dict[int, _Bill] = {}

    async def acquire(self, charges: Sequence[Charge]) -> Decision:
        """Take from every bucket or from none in one script."""
        bill = self._bills.get(id(charges))
        if bill is None or bill.charges is not charges:
            bill = self._make_bill(charges)
        return await self._decide(bill)

    async def refund(self, charges: Sequence[Charge]) -> Decision:
        """Give back to every bucket in one script."""
        return await self._decide(_Bill(self._prefix, charges, _REFUND))

    async def debit(self, charges: Sequence[Charge]) -> None:
        """Take from every bucket in one script."""
        bill = _Bill(self._prefix, charges, _DEBIT)
        await self._connection.call(RateLimiterUnavailableError, bill.call)

    async def _decide(self, bill: _Bill) -> Decision:
        reply: list[int] = await self._connection.call(  # type: ignore[assignment] # of the script
            RateLimiterUnavailableError, bill.call
        )
        is_allowed, told, remaining, reset_ms, retry_ms = reply
        return Decision(
            is_allowed == 1,
            bill.limits[told - 1],
            remaining,
            reset_ms / _MS,
            retry_ms / _MS,
        )

    def _make_bill(self, charges: Sequence[Charge]) -> _Bill:
        bill = _Bill(self._prefix, charges, _ACQUIRE)
        if isinstance(charges, tuple):
            if len(self._bills) >= _MOST_BILLS:
                self._bills.clear()
            self._bills[id(charges)] = bill
        return bill


def _list_arguments(items: Iterable[tuple[Limit, int]]) -> list[Argument]:
    """Name each bucket of a subject; another window is another bucket, for its unit is another."""
    arguments: list[Argument] = []
    for limit, cost in items:
        window_ms = round(limit.window_s * _MS)
        arguments += [f"{limit.name}:{window_ms}", cost, limit.count, window_ms]
    return [len(arguments) // 4, *arguments]
