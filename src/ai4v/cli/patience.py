"""Waiting for one's turn: not before the gateway says, then spread evenly, never for too long."""

import math
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random, SystemRandom
from typing import Final

import click
import httpx2

from ai4v.cli.interruption import disturbed
from ai4v.cli.wait import pause

MORE: Final = "for more set AI4V_TIMEOUT_S"
_BUSY: Final = frozenset({429, 503})
_FIRST_WINDOW_S: Final = 1.0
_LONGEST_WINDOW_S: Final = 10.0


class Patience:
    """How long one call may take in all, its waiting included.

    Nobody asks again before Retry-After is over. Then all who were sent away come evenly spread
    over a window of 1 s, twice as long after each further refusal and at most 10 s, so that they
    do not come all at once again.

    Args:
        limit_s: of one call.
        advice: says to whoever ran out of it how to have more; empty when there is no more.
        try_limit_s: of each of its tries.
        clock: seconds that only grow.
        sleep: waits so many seconds.
        random: spreads.
    """

    def __init__(
        self,
        limit_s: float,
        *,
        advice: str = MORE,
        try_limit_s: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = pause,
        random: Random | None = None,
    ) -> None:
        self.limit_s = limit_s
        self.advice = advice
        self.try_limit_s = try_limit_s
        self.clock = clock
        self.sleep = sleep
        self.random = random or SystemRandom()

    def begin(self) -> "Turn":
        """Begin a call."""
        return Turn(self)


class Turn:
    """One call, however often it is tried."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._began = patience.clock()
        self._window_s = _FIRST_WINDOW_S

    @property
    def left_s(self) -> float:
        """Seconds until the call has to be over; may be negative."""
        return self._began + self._patience.limit_s - self._patience.clock()

    @property
    def try_s(self) -> float:
        """Seconds that the next try may take."""
        return max(0.0, min(self.left_s, self._patience.try_limit_s))

    def wait(self, retry_after_s: float, reason: str) -> bool:
        """Wait for the next try; False, at once, when there is no time for one.

        At least half of what is left then stays for the try itself. On a terminal the wait and its
        reason are shown, on standard error.
        """
        spare_s = self.left_s - retry_after_s
        if spare_s <= 0:
            return False
        delay_s = retry_after_s + self._patience.random.uniform(0, min(self._window_s, spare_s / 2))
        self._window_s = min(2 * self._window_s, _LONGEST_WINDOW_S)
        if sys.stderr is not None and sys.stderr.isatty():
            click.echo(f"{reason}\ntrying again in {delay_s:.0f} s; Ctrl-C gives up", err=True)
        with disturbed():
            self._patience.sleep(delay_s)
        return True


def read_retry_after(response: httpx2.Response) -> float | None:
    """Return the seconds after which an answer asks to be asked again; None when it does not."""
    told = response.headers.get("retry-after", "")
    if response.status_code not in _BUSY or not told:
        return None
    if told.isascii() and told.isdigit():
        return float(told)
    try:
        at = parsedate_to_datetime(told)
    except ValueError:
        return None
    return max(0.0, (at.astimezone(UTC) - datetime.now(UTC)).total_seconds())
