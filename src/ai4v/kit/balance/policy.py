"""The numbers of balancing in one place, and the names of what can go wrong."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Strategy(StrEnum):
    """How the next instance is chosen."""

    LATENCY = "latency"
    """The better of two drawn at random, by latency and outstanding requests."""
    ROUND_ROBIN = "round-robin"
    """Each in its turn."""


class Failure(StrEnum):
    """Why an instance did not do what it was asked."""

    REFUSED = "refused"
    """No connection; nothing was sent."""
    BROKEN = "broken"
    """The connection ended before the answer began."""
    TIMEOUT = "timeout"
    """No answer within the deadline."""
    ERROR = "error"
    """An answer 5xx that blames the instance."""
    OVERLOAD = "overload"
    """503 with Retry-After: it is full, draining or waits for something; it is not broken."""
    HUNG = "hung"
    """It does not even say that it lives."""


CURED_BY_HEALTH: Final = frozenset({Failure.REFUSED, Failure.BROKEN, Failure.TIMEOUT, Failure.HUNG})
"""What a good health check disproves. An instance that answers 5xx may well call itself ready."""
BRIEF: Final = frozenset({Failure.REFUSED, Failure.OVERLOAD})
"""What soon passes: the first ejection is short, and doubles."""


@dataclass(frozen=True, slots=True)
class BalancePolicy:
    """How instances are chosen and left out; seconds where the name says so."""

    strategy: Strategy = Strategy.LATENCY
    decay_s: float = 10.0
    """In which the memory of a high latency falls to 1/e."""
    alike: float = 2.0
    """Latencies within this factor count as the same: then the fewer outstanding requests win.

    Without it the noise of equal instances would send most requests to one of them for seconds."""
    warm_up_s: float = 10.0
    """In which a new or readmitted instance comes to its full share."""
    failure_limit: int = 5
    """Failures in a row that eject an instance; a refused connection does at once."""
    ejection_s: float = 30.0
    """Times the number of ejections so far."""
    longest_ejection_s: float = 300.0
    brief_ejection_s: float = 1.0
    """After a refused connection or overload; doubles from one to the next."""
    longest_brief_ejection_s: float = 30.0
    forgiveness_s: float = 60.0
    """An instance that did well for so long is ejected as if for the first time."""
    panic_share: float = 2 / 3
    """With so many ejected, ejection is no longer believed, but for refused connections."""
    least_timeout_s: float = 1.0
    """A caller who waited for less says nothing about the instance."""
    silence_s: float = 0.5
    """An instance that owes answers and gave none for so long is asked whether it lives."""
