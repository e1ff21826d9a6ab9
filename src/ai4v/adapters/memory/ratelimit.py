"""The rate limiter port in a dict: exact token buckets on integers.

A bucket stores what was taken and has not come back, `used`, in units of one window-th of a
token per millisecond: taking a token adds `window_ms`, each millisecond gives `count` back, and
the bucket is exhausted at `count * window_ms`. So no step rounds, and raising a limit acts at once.
The Valkey adapter's script does the same arithmetic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ai4v.kit.clock import Clock, SystemClock
from ai4v.ports.ratelimit import Charge, Decision, Limit, check_charges

_MS: Final = 1_000


@dataclass(frozen=True, slots=True)
class _Bucket:
    used: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class _Reading:
    """One limit looked at for one request."""

    subject: str
    limit: Limit
    cost: int
    used: int = 0
    """Before the request."""

    @property
    def bucket(self) -> str:
        """The bucket's name; another window is another bucket, for its unit is another."""
        return f"{self.limit.name}:{self.window_ms}"

    @property
    def window_ms(self) -> int:
        return round(self.limit.window_s * _MS)

    @property
    def capacity(self) -> int:
        return self.limit.count * self.window_ms

    @property
    def used_after(self) -> int:
        return self.used + self.cost * self.window_ms

    def refunded(self) -> "_Reading":
        """Return what is read after the cost was given back."""
        return replace(self, used=max(0, self.used - self.cost * self.window_ms), cost=0)

    @property
    def retry_ms(self) -> int:
        """Milliseconds until the request fits; 0 when it does, the window when it never will."""
        needed = max(1, self.cost)
        if needed > self.limit.count:
            return self.window_ms
        over = self.used + needed * self.window_ms - self.capacity
        return max(0, -(-over // self.limit.count))


class MemoryRateLimiter:
    """Counts in this process; beyond `max_subjects` the one asked for longest ago is forgotten."""

    def __init__(self, clock: Clock | None = None, *, max_subjects: int = 100_000) -> None:
        self._clock = clock or SystemClock()
        self._max_subjects = max_subjects
        self._subjects: dict[str, dict[str, _Bucket]] = {}

    async def acquire(self, charges: Sequence[Charge]) -> Decision:
        """Take from every bucket or from none; one event loop makes it atomic."""
        now_ms = self._now_ms()
        readings = self._read(charges, now_ms)
        is_allowed = all(reading.retry_ms == 0 for reading in readings)
        if is_allowed:
            self._take(readings, now_ms)
        return _decide(readings, is_allowed=is_allowed)

    async def refund(self, charges: Sequence[Charge]) -> Decision:
        """Give back to every bucket."""
        now_ms = self._now_ms()
        readings = [reading.refunded() for reading in self._read(charges, now_ms)]
        self._take(readings, now_ms)
        return _decide(readings, is_allowed=True)

    async def debit(self, charges: Sequence[Charge]) -> None:
        """Take from every bucket."""
        now_ms = self._now_ms()
        self._take(self._read(charges, now_ms), now_ms)

    def _now_ms(self) -> int:
        return round(self._clock.monotonic_s() * _MS)

    def _read(self, charges: Sequence[Charge], now_ms: int) -> list[_Reading]:
        check_charges(charges)
        return [
            _read_bucket(self._touch(charge.subject), fresh, now_ms)
            for charge in charges
            for fresh in (_Reading(charge.subject, limit, charge.cost) for limit in charge.limits)
        ]

    def _touch(self, subject: str) -> Mapping[str, _Bucket]:
        """Return the subject's buckets, now the last to be forgotten."""
        buckets = self._subjects.pop(subject, {})
        while len(self._subjects) >= self._max_subjects:
            del self._subjects[next(iter(self._subjects))]
        self._subjects[subject] = buckets
        return buckets

    def _take(self, readings: Sequence[_Reading], now_ms: int) -> None:
        for reading in readings:
            buckets = self._subjects.setdefault(reading.subject, {})
            buckets[reading.bucket] = _Bucket(reading.used_after, now_ms)


def _read_bucket(buckets: Mapping[str, _Bucket], fresh: _Reading, now_ms: int) -> _Reading:
    bucket = buckets.get(fresh.bucket)
    if bucket is None:
        return fresh
    returned = (now_ms - bucket.at_ms) * fresh.limit.count
    return replace(fresh, used=max(0, bucket.used - returned))


def _decide(readings: Sequence[_Reading], *, is_allowed: bool) -> Decision:
    def remaining(reading: _Reading) -> int:
        used = reading.used_after if is_allowed else reading.used
        return max(0, (reading.capacity - used) // reading.window_ms)

    if is_allowed:
        tightest = min(readings, key=remaining)
    else:
        tightest = max(readings, key=lambda reading: reading.retry_ms)
    used = tightest.used_after if is_allowed else tightest.used
    return Decision(
        is_allowed=is_allowed,
        limit=tightest.limit,
        remaining=remaining(tightest),
        reset_s=used / max(1, tightest.limit.count) / _MS,
        retry_after_s=0.0 if is_allowed else tightest.retry_ms / _MS,
    )
