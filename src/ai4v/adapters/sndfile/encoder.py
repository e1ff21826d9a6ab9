"""Mono samples become a file in memory, block by block.

Runs inside the worker. Ogg holds Vorbis, not Opus: both play wherever one of them does, Vorbis
takes any rate from 8 to 48 kHz where Opus takes five, and it costs a tenth of the time.
"""

import io
from collections.abc import Iterator
from typing import Final

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from ai4v.adapters.sndfile.oggpage import with_serial
from ai4v.contracts.audio import Samples
from ai4v.contracts.tts import SpeechFormat

MIN_RATE_HZ: Final = 8_000
MAX_RATE_HZ: Final = 48_000
_MP3_RATES_HZ: Final = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
"""Of MPEG 1, 2 and 2.5."""
_BLOCK: Final = 64 * 1024
"""Samples at once; libsndfile's Vorbis takes all of one write onto its stack."""
_FULL_SCALE: Final = 32_767.0
_SERIAL: Final = 1
_KINDS: Final = {
    SpeechFormat.WAV: ("WAV", "PCM_16"),
    SpeechFormat.MP3: ("MP3", "MPEG_LAYER_III"),
    SpeechFormat.OGG: ("OGG", "VORBIS"),
    SpeechFormat.FLAC: ("FLAC", "PCM_16"),
    SpeechFormat.PCM: ("RAW", "PCM_16"),
}
"""libsndfile's names of the packing and of what is in it."""


def encode(samples: Samples, rate_hz: int, kind: SpeechFormat, wanted_hz: int) -> tuple[bytes, int]:
    """Return a file and the rate of the sound in it; the same samples give the same bytes.

    Args:
        samples: shape [n], mono, in [-1, 1].
        rate_hz: their rate.
        kind: the packing.
        wanted_hz: the rate wanted, 8000 to 48000.

    Raises:
        ValueError: no samples, or a rate out of bounds.
    """
    if not len(samples):
        raise ValueError("there are no samples")
    taken_hz = nearest_rate_hz(kind, wanted_hz)
    major, subtype = _KINDS[kind]
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", taken_hz, 1, subtype=subtype, format=major) as writer:
        for block in _resample(samples, rate_hz, taken_hz):
            writer.write(_round(block) if subtype == "PCM_16" else block)
        if not writer.frames:
            raise ValueError("there are no samples at the rate wanted")
    content = file.getvalue()
    return (with_serial(content, _SERIAL) if kind is SpeechFormat.OGG else content), taken_hz


def nearest_rate_hz(kind: SpeechFormat, wanted_hz: int) -> int:
    """Return the rate nearest to the one wanted that the packing takes.

    Raises:
        ValueError: the rate wanted is out of bounds.
    """
    if not MIN_RATE_HZ <= wanted_hz <= MAX_RATE_HZ:
        raise ValueError(f"the rate is not within {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz")
    if kind is SpeechFormat.MP3:
        return min(_MP3_RATES_HZ, key=lambda rate_hz: abs(rate_hz - wanted_hz))
    return wanted_hz


def _resample(samples: Samples, rate_hz: int, wanted_hz: int) -> Iterator[Samples]:
    """Yield the samples block by block, at the rate wanted and within [-1, 1]."""
    stream = None if rate_hz == wanted_hz else soxr.ResampleStream(rate_hz, wanted_hz, 1, "float32")
    for start in range(0, len(samples), _BLOCK):
        block = samples[start : start + _BLOCK]
        if stream is not None:
            block = stream.resample_chunk(block, last=start + _BLOCK >= len(samples))
        yield np.clip(block, -1.0, 1.0)


def _round(block: Samples) -> NDArray[np.int16]:
    rounded: NDArray[np.int16] = np.rint(block * _FULL_SCALE).astype(np.int16)
    return rounded
