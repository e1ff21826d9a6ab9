"""Going on when the shared rate limiter is down: each instance allows its share, alone.

With N instances each has local buckets of limit / N. What keeps the whole near the limit:

- a local bucket does not start full. It starts at the fraction that the subject had left when the
  shared limiter last decided, since what was used before the loss is used; a subject that was not
  seen of late gets a tenth of the share, enough to begin with and not a second burst.
- while the shared limiter is away its buckets fill up though they are used here. What was allowed
  here is debited there at the subject's first request after the return. It fades over the limit's
  window, so that a long outage leaves a debt of about one share at most.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from ai4v.kit.clock import Clock, SystemClock
from ai4v.ports.ratelimit import Charge, Decision, Limit, RateLimiter, RateLimiterUnavailableError

_MAX_SUBJECTS: Final = 100_000
_FIRST_FRACTION: Final = 0.1
_ROUNDING: Final = 1e-6

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def _ignore(_is_degraded: bool, /) -> None:  # noqa: FBT001 - the shape of the callback
    """Tell nobody."""


def _alone() -> int:
    return 1


@dataclass(slots=True)
class _Level:
    """What a subject had left of its tightest limit."""

    fraction: float
    at_s: float
    window_s: float


@dataclass(frozen=True, slots=True)
class _Debt:
    """What was allowed here and is not counted there."""

    amount: float
    at_s: float

    def faded(self, limit: Limit, now_s: float) -> float:
        return self.amount * math.exp((self.at_s - now_s) / limit.window_s)


class _Recent(dict[_Key, _Value]):
    """What was put last; of more than there is room for, the oldest is forgotten."""

    def put(self, key: _Key, value: _Value) -> None:
        self.pop(key, None)
        if len(self) >= _MAX_SUBJECTS:
            del self[next(iter(self))]
        self[key] = value


@dataclass(frozen=True, slots=True)
class FallbackPolicy:
    """How an instance goes on alone."""

    count_instances: Callable[[], int] = _alone
    """How many share the limits, as last known; asked when the shared limiter is lost."""
    first_fraction: float = _FIRST_FRACTION
    """What a subject that is not known has left at first, of an instance's share."""


class FallbackRateLimiter:
    """Asks the shared limiter; while it is down, the local one decides.

    Every call asks the shared limiter first: it must fail fast when it is down, and the first
    answer ends the degraded state.
    """

    def __init__(
        self,
        shared: RateLimiter,
        local: RateLimiter,
        *,
        policy: FallbackPolicy | None = None,
        clock: Clock | None = None,
        on_change: Callable[[bool], None] = _ignore,
    ) -> None:
        """Wrap two limiters.

        Args:
            shared: counts for all instances.
            local: counts for this process alone and never fails.
            policy: the share of an instance.
            clock: as the local limiter's.
            on_change: told True when the local limiter takes over, False when it hands back.
        """
        self._shared = shared
        self._local = local
        self._policy = policy or FallbackPolicy()
        self._clock = clock or SystemClock()
        self._on_change = on_change
        self._is_degraded = False
        self._outages = 0
        self._instances = 1
        self._seen: _Recent[str, _Level] = _Recent()
        self._begun: _Recent[tuple[str, Limit], bool] = _Recent()
        self._owed: _Recent[tuple[str, Limit], _Debt] = _Recent()

    @property
    def is_degraded(self) -> bool:
        """Whether the latest decision was a local one."""
        return self._is_degraded

    async def acquire(self, charges: Sequence[Charge]) -> Decision:
        """Take from the shared buckets, or from the local ones; never raises unavailable."""
        try:
            if self._owed:
                await self._settle(charges)
            decision = await self._shared.acquire(charges)
        except RateLimiterUnavailableError:
            self._degrade()
            return await self._acquire_locally(charges)
        if self._is_degraded:
            self._recover()
        limit = decision.limit
        fraction = decision.remaining / max(1, limit.count)
        level = _Level(fraction, self._clock.monotonic_s(), limit.window_s)
        for subject in {charge.subject for charge in charges}:
            self._seen.put(subject, level)
        return decision

    async def refund(self, charges: Sequence[Charge]) -> Decision:
        """Give back to the buckets that count now; never raises unavailable."""
        try:
            return await self._shared.refund(charges)
        except RateLimiterUnavailableError:
            self._degrade()
        await self._begin(charges)
        decision = await self._local.refund([self._share(charge) for charge in charges])
        self._owe(charges, -1)
        return self._translate(decision, charges)

    async def debit(self, charges: Sequence[Charge]) -> None:
        """Take from the shared buckets, or from the local ones; never raises unavailable."""
        try:
            await self._shared.debit(charges)
        except RateLimiterUnavailableError:
            self._degrade()
            await self._begin(charges)
            await self._local.debit([self._share(charge) for charge in charges])
            self._owe(charges)
        else:
            self._recover()

    async def _acquire_locally(self, charges: Sequence[Charge]) -> Decision:
        await self._begin(charges)
        decision = await self._local.acquire([self._share(charge) for charge in charges])
        if decision.is_allowed:
            self._owe(charges)
        return self._translate(decision, charges)

    def _translate(self, decision: Decision, charges: Sequence[Charge]) -> Decision:
        """Tell a local decision of the limit that the caller knows."""
        limits = [limit for charge in charges for limit in charge.limits]
        told = next(limit for limit in limits if self._share_limit(limit) == decision.limit)
        return replace(decision, limit=told, is_local=True)

    async def _begin(self, charges: Sequence[Charge]) -> None:
        """Take from buckets that are new in this outage what they do not start with."""
        for charge in charges:
            for limit in charge.limits:
                if (charge.subject, limit) in self._begun:
                    continue
                self._begun.put((charge.subject, limit), True)  # noqa: FBT003 - a mark
                share = self._share_limit(limit)
                missing = share.count - self._start(charge.subject, share.count)
                await self._local.debit([Charge(self._name(charge.subject), (share,), missing)])

    def _start(self, subject: str, count: int) -> int:
        """Return what a bucket of `count` starts with."""
        level = self._seen.get(subject)
        if level is None:
            return min(count, max(1, int(count * self._policy.first_fraction)))
        age_s = self._clock.monotonic_s() - level.at_s
        return int(count * min(1.0, level.fraction + age_s / level.window_s) + _ROUNDING)

    def _share(self, charge: Charge) -> Charge:
        limits = tuple(self._share_limit(limit) for limit in charge.limits)
        return Charge(self._name(charge.subject), limits, charge.cost)

    def _share_limit(self, limit: Limit) -> Limit:
        """Return an N-th of a limit: of its rate exactly, of its count at least one."""
        if limit.count == 0:
            return limit
        count = max(1, limit.count // self._instances)
        window_s = limit.window_s * count * self._instances / limit.count
        return Limit(limit.name, count, window_s)

    def _name(self, subject: str) -> str:
        """Name a subject's local buckets; those of each outage are its own."""
        return f"{subject}#{self._outages}"

    def _owe(self, charges: Sequence[Charge], sign: int = 1) -> None:
        now_s = self._clock.monotonic_s()
        for charge in charges:
            for limit in charge.limits:
                debt = self._owed.get((charge.subject, limit)) or _Debt(0.0, now_s)
                amount = max(0.0, debt.faded(limit, now_s) + sign * charge.cost)
                self._owed.put((charge.subject, limit), _Debt(amount, now_s))

    async def _settle(self, charges: Sequence[Charge]) -> None:
        """Debit what was allowed here while the shared limiter was away; nothing is debited twice.

        Raises:
            RateLimiterUnavailableError: it is still away.
        """
        keys = [(charge.subject, limit) for charge in charges for limit in charge.limits]
        debts = {key: self._owed.pop(key) for key in keys if key in self._owed}
        now_s = self._clock.monotonic_s()
        owed = [
            Charge(subject, (limit,), round(debt.faded(limit, now_s)))
            for (subject, limit), debt in debts.items()
        ]
        if not owed:
            return
        try:
            await self._shared.debit(owed)
        except RateLimiterUnavailableError:
            for key, debt in debts.items():
                self._owed.put(key, debt)
            raise

    def _degrade(self) -> None:
        if not self._is_degraded:
            self._outages += 1
            self._begun.clear()
            self._instances = max(1, self._policy.count_instances())
            self._is_degraded = True
            self._on_change(True)  # noqa: FBT003 - the shape of the callback

    def _recover(self) -> None:
        if self._is_degraded:
            self._is_degraded = False
            self._on_change(False)  # noqa: FBT003 - the shape of the callback
