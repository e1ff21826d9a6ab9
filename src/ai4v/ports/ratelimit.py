"""Port: may this caller go on?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ai4v.contracts.error import ServiceUnavailableError


class RateLimiterUnavailableError(ServiceUnavailableError):
    """The shared counters cannot be reached in time; nothing is known of what was counted."""


@dataclass(frozen=True, slots=True)
class Limit:
    """`count` requests in any `window_s` seconds on average; up to `count` of them at once.

    A token bucket: it holds `count` tokens, starts full and refills evenly over the window.
    """

    name: str
    """Short, for headers and metrics: minute, hour, day."""
    count: int
    window_s: float


@dataclass(frozen=True, slots=True)
class Charge:
    """What one subject is charged for one request."""

    subject: str
    """Whose buckets: `key:<id>`, `user:<id>`, `address:<network>`, `route:<name>`."""
    limits: tuple[Limit, ...]
    """At least one; names are unique."""
    cost: int = 1
    """>= 0. Nothing is taken for 0, but a bucket with less than one unit left refuses even that."""


def check_charges(charges: Sequence[Charge]) -> None:
    """Return when there is something to count.

    Raises:
        ValueError: no charge, a charge without a limit, or a cost below 0.
    """
    if not charges or not all(charge.limits for charge in charges):
        raise ValueError("a charge needs a limit")
    if min(charge.cost for charge in charges) < 0:
        raise ValueError("a cost must be at least 0")


@dataclass(slots=True)
class Decision:
    """What was decided, told of the tightest of the limits of all charges.

    Not frozen, for one is made for every request.
    """

    is_allowed: bool
    limit: Limit
    """The limit with the fewest requests left, or the one that refused."""
    remaining: int
    """Whole units left under `limit` after this request."""
    reset_s: float
    """Seconds until `limit` is full again."""
    retry_after_s: float
    """Seconds until a request of the same cost passes all limits; 0 when allowed.

    For a cost over a limit's count, which never passes, the window of that limit."""
    is_local: bool = False
    """Whether this process decided alone, because the shared counters could not be reached."""


class RateLimiter(Protocol):
    """Counts per subject against several limits at once."""

    async def acquire(self, charges: Sequence[Charge]) -> Decision:
        """Take every charge's cost from each of its limits, or nothing at all, in one atomic step.

        Args:
            charges: at least one; each bucket, a subject's limit, is named once.

        Raises:
            RateLimiterUnavailableError: the counters cannot be reached within the timeout.
        """
        ...

    async def refund(self, charges: Sequence[Charge]) -> Decision:
        """Give back what `acquire` took of a request that came to nothing, in one atomic step.

        No bucket holds more than its count by it. The decision, which allows, tells what is left.

        Raises:
            RateLimiterUnavailableError: the counters cannot be reached within the timeout.
        """
        ...

    async def debit(self, charges: Sequence[Charge]) -> None:
        """Take what is known only afterwards, allowed or not, in one atomic step.

        A bucket may be overdrawn, by any amount; it then refuses until it has recovered.

        Raises:
            RateLimiterUnavailableError: the counters cannot be reached within the timeout.
        """
        ...
