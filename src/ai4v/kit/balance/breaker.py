"""Spares a service that fails: while the circuit is open only a probe a second gets through."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ai4v.contracts.error import ServiceUnavailableError
from ai4v.kit.balance.policy import Failure
from ai4v.kit.balance.window import Window

_GOOD: Final = 0
_BAD: Final = 1
_FULL: Final = 2


class CircuitOpenError(ServiceUnavailableError):
    """The service fails, and is left alone for a moment."""


class BreakerState(StrEnum):
    """What the breaker lets through."""

    CLOSED = "closed"
    """Everything."""
    OPEN = "open"
    """A probe a second."""


class Passage(StrEnum):
    """What the breaker says to a request."""

    FREE = "free"
    PROBE = "probe"
    """Its outcome decides."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When the circuit opens and closes."""

    window_s: float = 10.0
    least_requests: int = 20
    """Fewer say nothing."""
    failing_share: float = 0.5
    """Of the window's requests; `least_requests` failures in a row within it open as well."""
    probe_interval_s: float = 1.0
    good_probes: int = 2
    """In a row, to close; after a good one the next may go at once."""


class Breaker:
    """The circuit of one service.

    Overload does not open it, since a full service does all it can, unless nothing came of any
    request for the length of the window. Only the outcome of probes counts while it is open.
    """

    def __init__(self, policy: BreakerPolicy, now_s: float) -> None:
        self._policy = policy
        self.state = BreakerState.CLOSED
        self._window = Window(policy.window_s, 3)
        self._failures_in_row = 0
        self._row_began_s = now_s
        self._last_good_s = now_s
        self._next_probe_s = 0.0
        self._good_probes = 0
        self._opened_s = 0.0
        self._open_before_s = 0.0

    def open_s(self, now_s: float) -> float:
        """Return for how many seconds in all the circuit was open; it never falls."""
        current_s = now_s - self._opened_s if self.state is BreakerState.OPEN else 0.0
        return self._open_before_s + current_s

    def admit(self, now_s: float) -> Passage:
        """Return whether a request may go."""
        if self.state is BreakerState.CLOSED:
            return Passage.FREE
        if now_s < self._next_probe_s:
            return Passage.NONE
        self._next_probe_s = now_s + self._policy.probe_interval_s
        return Passage.PROBE

    def succeed(self, now_s: float, passage: Passage) -> bool:
        """Take in a success; true when it closed the circuit."""
        if self.state is BreakerState.CLOSED:
            self._failures_in_row = 0
            self._last_good_s = now_s
            self._window.add(now_s, _GOOD)
            return False
        if passage is not Passage.PROBE:
            return False
        self._good_probes += 1
        self._next_probe_s = now_s
        if self._good_probes < self._policy.good_probes:
            return False
        self._close(now_s)
        return True

    def fail(self, now_s: float, passage: Passage, failure: Failure) -> bool:
        """Take in a failure; true when it opened the circuit."""
        if self.state is BreakerState.OPEN:
            if passage is Passage.PROBE:
                self._good_probes = 0
            return False
        is_full = failure is Failure.OVERLOAD
        self._window.add(now_s, _FULL if is_full else _BAD)
        if not is_full:
            self._lengthen_row(now_s)
        if not self._is_failing(now_s):
            return False
        self.state = BreakerState.OPEN
        self._opened_s = now_s
        self._good_probes = 0
        self._next_probe_s = now_s + self._policy.probe_interval_s
        return True

    def _lengthen_row(self, now_s: float) -> None:
        if not self._failures_in_row or now_s - self._row_began_s > self._policy.window_s:
            self._failures_in_row = 0
            self._row_began_s = now_s
        self._failures_in_row += 1

    def _is_failing(self, now_s: float) -> bool:
        policy = self._policy
        good, bad, full = self._window.totals(now_s)
        if self._failures_in_row >= policy.least_requests:
            return True
        if good + bad >= policy.least_requests and bad >= policy.failing_share * (good + bad):
            return True
        is_fruitless = now_s - self._last_good_s >= policy.window_s
        return is_fruitless and bad + full >= policy.least_requests

    def _close(self, now_s: float) -> None:
        self._open_before_s = self.open_s(now_s)
        self.state = BreakerState.CLOSED
        self._window = Window(self._policy.window_s, 3)
        self._failures_in_row = 0
        self._last_good_s = now_s
