"""What a call cost, as the service that did the work tells the gateway.

A service adds to the call's `Meter` when work is done, whether the call then succeeds or not; the
answer carries the total in the header `x-ai4v-cost`, which the gateway reads and strips. An answer
without it cost nothing.

The gateway charges in two steps, since the cost is known only afterwards:

- `acquire` with cost 0 before the call, which an exhausted or overdrawn bucket refuses:
  `Charge(subject, (Limit("audio-seconds-day", limits.audio_s_per_day, 86_400),), 0)` and
  `Charge(subject, (Limit("characters-day", limits.characters_per_day, 86_400),), 0)`;
- `debit` with the same limits after the answer: `cost.whole_audio_s` and `cost.characters`.
"""

import math
import re
from dataclasses import dataclass
from typing import Final

HEADER: Final = "x-ai4v-cost"
_FORM: Final = re.compile(r"audio_s=([0-9]{1,9}\.[0-9]{3});characters=([0-9]{1,12})")


@dataclass(frozen=True, slots=True)
class Cost:
    """What was used; content is no part of it."""

    audio_s: float = 0.0
    """Seconds of sound that were recognized."""
    characters: int = 0
    """Code points of text that were spoken or translated."""

    def __add__(self, other: "Cost") -> "Cost":
        """Return both together."""
        return Cost(self.audio_s + other.audio_s, self.characters + other.characters)

    @property
    def whole_audio_s(self) -> int:
        """Seconds of sound as they are charged: begun ones count."""
        return math.ceil(round(self.audio_s, 3))


NOTHING: Final = Cost()


class Meter:
    """Adds up what one call cost."""

    __slots__ = ("total",)

    def __init__(self) -> None:
        self.total = NOTHING

    def add(self, cost: Cost) -> None:
        """Count what was done."""
        self.total += cost


def format_cost(cost: Cost) -> str:
    """Write the header's value: `audio_s=12.400;characters=0`."""
    return f"audio_s={cost.audio_s:.3f};characters={cost.characters}"


def parse_cost(value: str | None) -> Cost:
    """Read the header's value; what is absent or malformed cost nothing."""
    found = _FORM.fullmatch(value or "")
    return Cost(float(found[1]), int(found[2])) if found else NOTHING
