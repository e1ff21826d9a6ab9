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
class Decision:
    """What was decided, told of the tightest of the limits."""

    is_allowed: bool
    limit: Limit
    """The limit with the fewest requests left, or the one that refused."""
    remaining: int
    """Whole requests left under `limit` after this one."""
    reset_s: float
    """Seconds until `limit` is full again."""
    retry_after_s: float
    """Seconds until a request of the same cost passes all limits; 0 when allowed.

    For a cost over a limit's count, which never passes, the window of that limit."""


class RateLimiter(Protocol):
    """Counts per subject against several limits at once."""

    async def acquire(self, subject: str, limits: Sequence[Limit], *, cost: int = 1) -> Decision:
        """Take `cost` from every limit of `subject`, or from none of them, in one atomic step.

        Args:
            subject: whose buckets; each limit of a subject has a bucket under its name.
            limits: at least one; names are unique.
            cost: >= 1; a cost over a limit's count is always refused.

        Raises:
            RateLimiterUnavailableError: the counters cannot be reached within the timeout.
        """
        ...
