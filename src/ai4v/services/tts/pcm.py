"""Sound becomes 16-bit samples bit by bit, for those who listen before its end is known."""

import struct
from typing import Final

import numpy as np
import soxr

from ai4v.contracts.audio import Samples

_FULL_SCALE: Final = 32_767.0
_OPEN: Final = 0xFFFFFFFF
"""A size that is not known yet."""
_PCM: Final = 1


class PcmPacker:
    """Resamples and rounds parts of one sound; where they meet nothing is heard of it.

    Args:
        source_hz: rate of what is packed.
        rate_hz: rate of the result.
    """

    def __init__(self, *, source_hz: int, rate_hz: int) -> None:
        self._stream = (
            None
            if source_hz == rate_hz
            else soxr.ResampleStream(source_hz, rate_hz, 1, dtype="float32")
        )

    def pack(self, samples: Samples, *, is_last: bool) -> bytes:
        """Return 16-bit little-endian samples.

        Resampling keeps back some 30 ms, which come with the next part; the last may be empty.
        """
        if self._stream is not None:
            samples = self._stream.resample_chunk(samples, last=is_last)
        rounded: Samples = np.rint(np.clip(samples, -1.0, 1.0) * _FULL_SCALE)
        return rounded.astype("<i2").tobytes()


def wav_head(rate_hz: int) -> bytes:
    """Return the header of a wav of 16-bit mono samples that is read until it ends."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, _PCM, 1, rate_hz, rate_hz * 2, 2, 16)
    riff = struct.pack("<4sI4s", b"RIFF", _OPEN, b"WAVE")
    return riff + form + struct.pack("<4sI", b"data", _OPEN)
