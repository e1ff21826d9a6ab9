"""What callers asked and what came of it, as a list that is judged afterwards.

Each request is one operation: ok (answered with success), fail (refused: it had no effect) or info
(nobody knows). A caller's id is in every request and must come back in its answer.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """One request."""

    id: str
    began_s: float
    """By the event loop's clock."""
    ended_s: float
    status: int
    """Of HTTP; 0 when there was no answer."""
    echoed_id: str | None
    """The id in a successful answer."""
    retry_after_s: int | None = None

    @property
    def seconds(self) -> float:
        """From asking to the answer."""
        return self.ended_s - self.began_s

    @property
    def is_ok(self) -> bool:
        """Whether it succeeded."""
        return self.status == 200


@dataclass(frozen=True, slots=True)
class History:
    """All operations of a run."""

    operations: tuple[Operation, ...]

    def between(self, begin_s: float, end_s: float) -> "History":
        """Return what began then."""
        return History(tuple(item for item in self.operations if begin_s <= item.began_s < end_s))

    @property
    def success(self) -> float:
        """The share that succeeded; 1 of nothing."""
        return self.count_ok / len(self.operations) if self.operations else 1.0

    @property
    def count_ok(self) -> int:
        """How many succeeded."""
        return sum(item.is_ok for item in self.operations)

    @property
    def statuses(self) -> Counter[int]:
        """How often each came."""
        return Counter(item.status for item in self.operations)

    @property
    def mixed_up(self) -> tuple[Operation, ...]:
        """Successes that were somebody else's answer."""
        return tuple(item for item in self.operations if item.is_ok and item.echoed_id != item.id)

    def percentile(self, share: float) -> float:
        """Return the seconds that this share of the successes took at most."""
        return percentile((item.seconds for item in self.operations if item.is_ok), share)


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value that `share` of them do not exceed; 0 of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)] if ordered else 0.0
