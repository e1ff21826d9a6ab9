"""The rate limiter port in a dict: exact token buckets on integers.

A bucket stores what was taken and has not come back, `used`, in units of one window-th of a
token per microsecond: taking a token adds `window_us`, each microsecond gives `count` back, and
the bucket is empty at `count * window_us`. So no step rounds, and raising a limit acts at once.
The Valkey adapter's script does the same arithmetic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ai4v.kit.clock import Clock, SystemClock
from ai4v.ports.ratelimit import Decision, Limit

_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class _Bucket:
    used: int
    at_us: int


@dataclass(frozen=True, slots=True)
class _Reading:
    """One limit looked at for one request."""

    limit: Limit
    cost: int
    used: int = 0
    """Before the request."""

    @property
    def bucket(self) -> str:
        """The bucket's name; another window is another bucket, for its unit is another."""
        return f"{self.limit.name}:{self.window_us}"

    @property
    def window_us(self) -> int:
        return round(self.limit.window_s * _US)

    @property
    def capacity(self) -> int:
        return self.limit.count * self.window_us

    @property
    def used_after(self) -> int:
        return self.used + self.cost * self.window_us

    @property
    def retry_us(self) -> int:
        """Microseconds until the request fits; 0 when it does, the window when it never will."""
        if self.cost > self.limit.count:
            return self.window_us
        return max(0, -((self.capacity - self.used_after) // self.limit.count))


class MemoryRateLimiter:
    """Counts in this process; beyond `max_subjects` the one asked for longest ago is forgotten."""

    def __init__(self, clock: Clock | None = None, *, max_subjects: int = 100_000) -> None:
        self._clock = clock or SystemClock()
        self._max_subjects = max_subjects
        self._subjects: dict[str, dict[str, _Bucket]] = {}

    async def acquire(self, subject: str, limits: Sequence[Limit], *, cost: int = 1) -> Decision:
        """Take from every bucket or from none; one event loop makes it atomic."""
        if not limits or cost < 1:
            raise ValueError("acquire needs a limit and a cost of at least 1")
        now_us = round(self._clock.monotonic_s() * _US)
        buckets = self._subjects.pop(subject, {})
        readings = [_read(buckets, _Reading(limit, cost), now_us) for limit in limits]
        is_allowed = all(reading.retry_us == 0 for reading in readings)
        if is_allowed:
            for reading in readings:
                buckets[reading.bucket] = _Bucket(reading.used_after, now_us)
        while len(self._subjects) >= self._max_subjects:
            del self._subjects[next(iter(self._subjects))]
        self._subjects[subject] = buckets
        return _decide(readings, is_allowed=is_allowed)


def _read(buckets: Mapping[str, _Bucket], fresh: _Reading, now_us: int) -> _Reading:
    bucket = buckets.get(fresh.bucket)
    if bucket is None:
        return fresh
    returned = (now_us - bucket.at_us) * fresh.limit.count
    return replace(fresh, used=max(0, bucket.used - returned))


def _decide(readings: Sequence[_Reading], *, is_allowed: bool) -> Decision:
    def remaining(reading: _Reading) -> int:
        used = reading.used_after if is_allowed else reading.used
        return max(0, (reading.capacity - used) // reading.window_us)

    if is_allowed:
        tightest = min(readings, key=remaining)
    else:
        tightest = max(readings, key=lambda reading: reading.retry_us)
    used = tightest.used_after if is_allowed else tightest.used
    return Decision(
        is_allowed=is_allowed,
        limit=tightest.limit,
        remaining=remaining(tightest),
        reset_s=used / max(1, tightest.limit.count) / _US,
        retry_after_s=tightest.retry_us / _US,
    )
