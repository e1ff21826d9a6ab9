"""The sound of the pieces becomes the sound of the whole: even pauses, no clicks, no clipping."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ai4v.contracts.audio import Audio, Samples
from ai4v.services.tts.sentence import Pause

PAUSES_S: Final = {Pause.NONE: 0.0, Pause.CLAUSE: 0.12, Pause.SENTENCE: 0.25, Pause.PARAGRAPH: 0.4}
"""At speed 1, between two pieces."""
_MARGIN_S: Final = 0.03
"""Silence kept before and after a piece: soft beginnings and endings are in it."""
_FADE_S: Final = 0.005
_QUIET: Final = 1e-3
"""What is below is silence: -60 dB of full scale."""


@dataclass(frozen=True, slots=True)
class SpokenPiece:
    """The sound of one piece."""

    audio: Audio
    pause: Pause
    """After it."""


def is_silent(audio: Audio) -> bool:
    """Tell whether nothing can be heard in `audio`."""
    return not len(_loud(audio.samples))


class Joiner:
    """Puts one piece behind another; what cannot be heard leaves only its pause, if the longer.

    Args:
        rate_hz: of all pieces.
        speed: pauses shrink by it.
    """

    def __init__(self, *, rate_hz: int, speed: float) -> None:
        self._rate_hz = rate_hz
        self._speed = speed
        self._gap_s = 0.0
        self.frames = 0
        """Samples returned so far."""

    def join(self, piece: SpokenPiece) -> Samples:
        """Return what follows the sound so far: the pause after it and `piece`; or nothing."""
        samples = _trim(piece.audio)
        pause_s = PAUSES_S[piece.pause] / self._speed
        if not len(samples):
            self._gap_s = max(self._gap_s, pause_s) if self.frames else 0.0
            return samples
        gap = np.zeros(round(self._gap_s * self._rate_hz), np.float32)
        self._gap_s = pause_s
        joined = np.concatenate((gap, _fade(_tame(samples), self._rate_hz)))
        self.frames += len(joined)
        return joined


def assemble(pieces: Sequence[SpokenPiece], *, rate_hz: int, speed: float) -> Audio:
    """Join what can be heard of `pieces`; no samples when that is nothing.

    Args:
        pieces: in order, all at `rate_hz`.
        rate_hz: of the result.
        speed: pauses shrink by it.
    """
    joiner = Joiner(rate_hz=rate_hz, speed=speed)
    parts = [joiner.join(piece) for piece in pieces]
    return Audio(np.concatenate(parts) if parts else np.zeros(0, np.float32), rate_hz)


def _loud(samples: Samples) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    return np.flatnonzero(np.abs(samples) > _QUIET)


def _trim(audio: Audio) -> Samples:
    loud = _loud(audio.samples)
    if not len(loud):
        return audio.samples[:0]
    margin = round(_MARGIN_S * audio.rate_hz)
    return audio.samples[max(0, int(loud[0]) - margin) : int(loud[-1]) + 1 + margin]


def _tame(samples: Samples) -> Samples:
    return samples / max(1.0, float(np.abs(samples).max()))


def _fade(samples: Samples, rate_hz: int) -> Samples:
    length = min(round(_FADE_S * rate_hz), len(samples) // 2)
    ramp = np.linspace(0.0, 1.0, length, endpoint=False, dtype=np.float32)
    faded = samples.copy()
    faded[:length] *= ramp
    faded[len(faded) - length :] *= ramp[::-1]
    return faded
