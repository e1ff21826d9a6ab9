"""Sound as the services hand it around: samples that never travel without their rate."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

SPEECH_RATE_HZ: Final = 16_000
"""The rate every speech engine here listens at."""

Samples = NDArray[np.float32]
"""Shape [n], mono, in [-1, 1], finite."""


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Mono sound."""

    samples: Samples
    """Shape [n], in [-1, 1], finite."""
    rate_hz: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate_hz
