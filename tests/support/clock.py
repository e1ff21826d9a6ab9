"""A clock that moves when a test says so."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

Elapse = Callable[[float], Awaitable[None]]
"""Lets so many seconds pass, for whatever the test is about."""


class ManualClock:
    """Stands still until `advance`."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start
        self._monotonic_s = 1_000.0

    def now(self) -> datetime:
        return self._now

    def monotonic_s(self) -> float:
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self._now += timedelta(seconds=seconds)
        self._monotonic_s += seconds

    def jump(self, seconds: float) -> None:
        """Move the time of day only, as an operator or NTP does."""
        self._now += timedelta(seconds=seconds)

    async def elapse(self, seconds: float) -> None:
        """Advance, as an `Elapse`."""
        self.advance(seconds)
