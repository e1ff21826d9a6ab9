"""The sound of the segments becomes the sound of the passage: no clicks, no clipping. Pure."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from ai4v.adapters.kokoro.voice import RATE_HZ
from ai4v.contracts.audio import Samples

_QUIET: Final = 2e-3
"""What is below is silence: -54 dB of full scale."""
_MARGIN: Final = round(0.03 * RATE_HZ)
"""Samples kept before and after what is heard: soft beginnings and endings are in them."""
_FADE: Final = round(0.005 * RATE_HZ)
_PEAK: Final = 0.99


def tidy(samples: Samples) -> Samples:
    """Cut the silence at the ends, fade them in and out, and bring the peak down to below 1.

    Nothing is left of what cannot be heard.

    Raises:
        ArithmeticError: a sample is not a number.
    """
    peak = float(np.abs(samples).max(initial=0.0))
    if not np.isfinite(peak):
        raise ArithmeticError("the model's sound is not finite")
    loud = np.flatnonzero(np.abs(samples) > _QUIET)
    if not len(loud):
        return samples[:0]
    kept = samples[max(0, int(loud[0]) - _MARGIN) : int(loud[-1]) + 1 + _MARGIN]
    kept = kept * np.float32(min(1.0, _PEAK / peak))
    length = min(_FADE, len(kept) // 2)
    ramp = np.linspace(0.0, 1.0, length, endpoint=False, dtype=np.float32)
    kept[:length] *= ramp
    kept[len(kept) - length :] *= ramp[::-1]
    return kept


def join(parts: Sequence[tuple[Samples, float]]) -> Samples:
    """Put sounds together, each with so many seconds of pause after it, but the last."""
    sounds: list[Samples] = []
    for samples, pause_s in parts:
        if len(samples):
            sounds += (samples, np.zeros(round(pause_s * RATE_HZ), np.float32))
    return np.concatenate(sounds[:-1]) if sounds else np.zeros(0, np.float32)
