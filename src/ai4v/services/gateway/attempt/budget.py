"""How often, and how much more often than asked, the gateway may ask a service."""

from dataclasses import dataclass
from typing import Final, Protocol

from ai4v.kit.balance import Failure
from ai4v.kit.balance.window import Window
from ai4v.kit.clock import Clock

_REQUEST: Final = 0
_EXTRA: Final = 1


@dataclass(frozen=True, slots=True)
class HedgePolicy:
    """When a second instance is asked as well."""

    percentile: float = 0.95
    """Of recent latencies, after which the second is asked."""
    least_wait_s: float = 0.02
    budget_share: float = 0.05
    """Second requests per request."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When a request is sent again."""

    attempts: int = 3
    """The first included."""
    backoff_s: float = 0.025
    """Most that is waited before the second attempt; doubles. Drawn evenly from 0 (full jitter)."""
    budget_share: float = 0.2
    """Retries per request of the last seconds."""
    budget_floor: int = 3
    """Retries that are always allowed in that time."""
    hedge: HedgePolicy | None = None
    """None: no second instance is ever asked for speed alone."""


class AttemptObserver(Protocol):
    """Is told of attempts as they happen; must be quick and raise nothing."""

    def note_attempt(self, service: str) -> None:
        """Hear that an instance is asked."""
        ...

    def note_retry(self, service: str, cause: Failure) -> None:
        """Hear that a request will be sent again."""
        ...

    def note_budget_refusal(self, service: str) -> None:
        """Hear that a request would have been sent again, had there not been too many of them."""
        ...

    def note_hedge(self, service: str) -> None:
        """Hear that a second instance is asked as well."""
        ...


class SilentAttemptObserver:
    """Tells nobody."""

    def note_attempt(self, service: str) -> None:
        """Do nothing."""

    def note_retry(self, service: str, cause: Failure) -> None:
        """Do nothing."""

    def note_budget_refusal(self, service: str) -> None:
        """Do nothing."""

    def note_hedge(self, service: str) -> None:
        """Do nothing."""


class Budget:
    """Lets extra requests be a share of the requests of the last 10 s.

    Source: Finagle's and Envoy's retry budgets. A service that fails whole is asked hardly more
    often than its callers ask.
    """

    __slots__ = ("_clock", "_floor", "_share", "_window")

    def __init__(self, clock: Clock, *, share: float, floor: int) -> None:
        self._clock = clock
        self._share = share
        self._floor = floor
        self._window = Window(10.0, 2)

    def count(self) -> None:
        """Count a request that somebody made."""
        self._window.add(self._clock.monotonic_s(), _REQUEST)

    def spend(self) -> bool:
        """Count an extra request, when it is allowed."""
        now_s = self._clock.monotonic_s()
        requests, extra = self._window.totals(now_s)
        if extra + 1 > self._floor + self._share * requests:
            return False
        self._window.add(now_s, _EXTRA)
        return True
