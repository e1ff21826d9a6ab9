"""Counts of the last seconds."""

from typing import Final

_BUCKETS: Final = 20


class Window:
    """Adds up what happened in the last `span_s` seconds, by kind, in twenty steps."""

    __slots__ = ("_buckets", "_step", "_totals", "_width_s")

    def __init__(self, span_s: float, kinds: int) -> None:
        self._width_s = span_s / _BUCKETS
        self._buckets = [[0] * kinds for _ in range(_BUCKETS)]
        self._totals = [0] * kinds
        self._step = 0

    def add(self, now_s: float, kind: int) -> None:
        """Count one of `kind`."""
        if int(now_s / self._width_s) != self._step:
            self._roll(now_s)
        self._buckets[self._step % _BUCKETS][kind] += 1
        self._totals[kind] += 1

    def totals(self, now_s: float) -> list[int]:
        """Return the counts by kind; not to be changed."""
        self._roll(now_s)
        return self._totals

    def _roll(self, now_s: float) -> None:
        step = int(now_s / self._width_s)
        if step == self._step:
            return
        for stale in range(self._step + 1, min(step, self._step + _BUCKETS) + 1):
            bucket = self._buckets[stale % _BUCKETS]
            for kind, count in enumerate(bucket):
                self._totals[kind] -= count
                bucket[kind] = 0
        self._step = step
