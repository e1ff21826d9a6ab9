"""Whether counts differ by more than chance: Pearson's chi-square test."""

import math
from collections.abc import Sequence


def evenness(counts: Sequence[int]) -> float:
    """Return how likely even shares are to come out at least as unevenly as these (p, 0 to 1).

    For an odd number of counts, where the distribution has a closed form.
    """
    assert len(counts) % 2, "an odd number of counts"
    mean = sum(counts) / len(counts)
    half = sum((count - mean) ** 2 / mean for count in counts) / 2
    terms = (half**power / math.factorial(power) for power in range(len(counts) // 2))
    return math.exp(-half) * sum(terms)
