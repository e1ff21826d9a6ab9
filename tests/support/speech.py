"""A voice made of pulses and resonances, for tests of voice activity.

It says nothing, but detectors that were taught with speech take it for speech: a pitch that falls
and wavers, vowels that glide between formants (Peterson and Barney 1952), syllables at 5 Hz.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ai4v.contracts.audio import SPEECH_RATE_HZ, Audio

_VOWELS: Final = (
    (730, 1_090, 2_440),
    (270, 2_290, 3_010),
    (570, 840, 2_410),
    (530, 1_840, 2_480),
    (300, 870, 2_240),
)
_BANDWIDTHS_HZ: Final = (90, 110, 170)
_SYLLABLE_S: Final = 0.2


def silence(seconds: float) -> NDArray[np.float32]:
    """Not quite nothing: noise at -70 dB, shape [n]."""
    count = int(seconds * SPEECH_RATE_HZ)
    return np.random.default_rng(3).normal(0, 0.0003, count).astype(np.float32)


def babble(seconds: float) -> NDArray[np.float32]:
    """A voice of `seconds`, shape [n], peak 0.5."""
    count = int(seconds * SPEECH_RATE_HZ)
    times = np.arange(count) / SPEECH_RATE_HZ
    pitch_hz = 200 - 10 * (times % 1.5) / 1.5 + 25 * np.sin(2 * np.pi * 1.7 * times)
    phase = np.cumsum(pitch_hz) / SPEECH_RATE_HZ
    source = np.diff(np.floor(phase), prepend=0.0)
    source += np.random.default_rng(4).normal(0, 0.03, count)
    places = times / _SYLLABLE_S
    voice = source
    for formant, bandwidth_hz in enumerate(_BANDWIDTHS_HZ):
        targets = [_VOWELS[int(place) * 3 % len(_VOWELS)][formant] for place in places]
        centre_hz = _smooth(np.array(targets, float), 0.05)
        voice = _resonate(voice, centre_hz, bandwidth_hz)
    envelope = _smooth((places % 1 < 0.75).astype(float), 0.03)
    voice = voice * envelope
    return np.asarray(0.5 * voice / np.abs(voice).max(), np.float32)


def scene(*parts: tuple[str, float]) -> Audio:
    """Silence and babble one after another: `scene(("silence", 1.0), ("babble", 2.0))`."""
    makers = {"silence": silence, "babble": babble}
    return Audio(np.concatenate([makers[kind](seconds) for kind, seconds in parts]), SPEECH_RATE_HZ)


def _smooth(values: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
    width = int(seconds * SPEECH_RATE_HZ)
    padded = np.pad(values, width // 2, mode="edge")
    return np.convolve(padded, np.hanning(width) / np.hanning(width).sum(), "same")[
        width // 2 : width // 2 + len(values)
    ]


def _resonate(
    source: NDArray[np.float64], centre_hz: NDArray[np.float64], bandwidth_hz: float
) -> NDArray[np.float64]:
    """A second-order resonator whose centre moves."""
    radius = np.exp(-np.pi * bandwidth_hz / SPEECH_RATE_HZ)
    feedback = (2 * radius * np.cos(2 * np.pi * centre_hz / SPEECH_RATE_HZ)).tolist()
    damping = radius * radius
    out: list[float] = []
    before, last = 0.0, 0.0
    for sample, gain in zip((source * (1 - radius)).tolist(), feedback, strict=True):
        before, last = last, sample + gain * last - damping * before
        out.append(last)
    return np.array(out)
