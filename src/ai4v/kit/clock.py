"""Time as an argument, so that tests own it."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the time of day, aware, in UTC; it may jump."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds since some fixed moment; never goes back."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the machine's time of day."""
        return datetime.now(UTC)

    monotonic_s = staticmethod(time.monotonic)
    """The machine's monotonic time; the function itself, for it is asked for often."""
