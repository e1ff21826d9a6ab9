"""Where in a wav the samples are and how they are written.

Decoders take a wav that is cut short for a shorter one, so the chunks are read here and a decoder
is given bare samples. Source: Multimedia Programming Interface 1.0, RFC 2361.
"""

import struct
from dataclasses import dataclass
from typing import Final

from ai4v.ports.audiocodec import AudioFormatError, InvalidAudioError

_STREAM_SIZES: Final = (0, 0xFFFFFFFF)
_EXTENSIBLE: Final = 0xFFFE
_EXTENSIBLE_TAIL: Final = bytes.fromhex("000000001000800000aa00389b71")
_ENCODINGS: Final = {
    (1, 8): "u8",
    (1, 16): "s16le",
    (1, 24): "s24le",
    (1, 32): "s32le",
    (3, 32): "f32le",
    (3, 64): "f64le",
    (6, 8): "alaw",
    (7, 8): "mulaw",
}


@dataclass(frozen=True, slots=True)
class Wav:
    """The samples of a wav and how to read them."""

    rate_hz: int
    channels: int
    encoding: str
    """u8, s16le, s24le, s32le, f32le, f64le, alaw or mulaw."""
    data: memoryview
    """Whole frames only."""


def read_wav(content: memoryview) -> Wav:
    """Find format and samples; sizes of 0 and 0xFFFFFFFF mean: to the end.

    Raises:
        InvalidAudioError: no format, no samples, less than the header says, a format at odds
            with itself.
        AudioFormatError: an encoding that is not taken.
    """
    form: memoryview | None = None
    place = 12
    while place + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, place)
        body = content[place + 8 : place + 8 + size]
        if name == b"data":
            if form is None:
                raise InvalidAudioError("the wav has no format before its samples")
            return _read_format(form, _take(content[place + 8 :], size))
        if name == b"fmt ":
            form = body
        place += 8 + size + size % 2
    raise InvalidAudioError("the wav has no samples, or is cut off before them")


def _take(rest: memoryview, size: int) -> memoryview:
    if size in _STREAM_SIZES:
        return rest
    if size > len(rest):
        raise InvalidAudioError(
            f"the wav is truncated: its header says {size} bytes of samples, {len(rest)} are there"
        )
    return rest[:size]


def _read_format(form: memoryview, data: memoryview) -> Wav:
    if len(form) < 16:
        raise InvalidAudioError("the wav's format is cut off")
    tag, channels, rate_hz, _, frame_bytes, bits = struct.unpack_from("<HHIIHH", form)
    if tag == _EXTENSIBLE:
        if len(form) < 40 or bytes(form[26:40]) != _EXTENSIBLE_TAIL:
            raise AudioFormatError(f"the wav has an unknown encoding; taken are {_encodings()}")
        tag = struct.unpack_from("<H", form, 24)[0]
    encoding = _ENCODINGS.get((tag, bits))
    if encoding is None:
        raise AudioFormatError(
            f"the wav has encoding {tag} with {bits} bits; taken are {_encodings()}"
        )
    if frame_bytes == 0 or frame_bytes != channels * bits // 8:
        raise InvalidAudioError("the wav's format is at odds with itself")
    whole = len(data) - len(data) % frame_bytes
    return Wav(rate_hz, channels, encoding, data[:whole])


def _encodings() -> str:
    return "PCM of 8, 16, 24 and 32 bits, float of 32 and 64, mu-law and A-law"
