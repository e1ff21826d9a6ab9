"""Token buckets as the rate limiter's port says them, in exact fractions; to judge adapters by."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from hypothesis import strategies as st

from ai4v.ports.ratelimit import Charge, Limit

QUICK = (
    Limit("few", 1, 0.5),
    Limit("some", 7, 1.0),
    Limit("more", 20, 7.0),
    Limit("many", 1_000_003, 86_400.0),
)
SLOW = tuple(Limit(f"of {count}", count, 360_000 + count) for count in (0, 1, 5, 12))
"""Nothing comes back while a test runs."""


@dataclass(frozen=True)
class Step:
    """Some time passes, and then some subjects are charged."""

    wait_ms: int
    charges: tuple[Charge, ...]
    is_debit: bool


def histories(
    choice: Sequence[Limit] = QUICK, *, longest_wait_ms: int = 4_000
) -> st.SearchStrategy[list[Step]]:
    """Return histories of several subjects and limits, with costs of nothing, and debts."""
    limits = st.sets(st.sampled_from(choice), min_size=1).map(
        lambda chosen: tuple(sorted(chosen, key=lambda limit: limit.name))
    )
    charges = st.lists(
        st.builds(Charge, st.sampled_from("abc"), limits, st.integers(0, 5)),
        min_size=1,
        max_size=3,
        unique_by=lambda charge: charge.subject,
    ).map(tuple)
    waits = st.integers(0, longest_wait_ms)
    return st.lists(st.builds(Step, waits, charges, st.booleans()), max_size=40)


@dataclass
class BucketModel:
    """What is left in every bucket; below nothing where it is overdrawn."""

    tokens: dict[tuple[str, Limit], Fraction] = field(default_factory=dict)

    def advance(self, wait_ms: int) -> None:
        for (subject, limit), tokens in self.tokens.items():
            gained = Fraction(wait_ms * limit.count, round(limit.window_s * 1_000))
            self.tokens[subject, limit] = min(Fraction(limit.count), tokens + gained)

    def acquire(self, charges: Sequence[Charge]) -> bool:
        is_allowed = all(
            self._left(charge.subject, limit) >= max(1, charge.cost)
            for charge in charges
            for limit in charge.limits
        )
        if is_allowed:
            self.debit(charges)
        return is_allowed

    def debit(self, charges: Sequence[Charge]) -> None:
        for charge in charges:
            for limit in charge.limits:
                left = self._left(charge.subject, limit)
                self.tokens[charge.subject, limit] = left - charge.cost

    def remaining(self, charges: Sequence[Charge], told: Limit) -> set[int]:
        """Return the whole units left under `told`, of each subject that has it."""
        return {
            max(0, self._left(charge.subject, told) // 1)
            for charge in charges
            if told in charge.limits
        }

    def _left(self, subject: str, limit: Limit) -> Fraction:
        return self.tokens.get((subject, limit), Fraction(limit.count))
