"""An audio codec in process, for tests and for platforms that take wav alone."""

import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ai4v.contracts.audio import Audio, Samples
from ai4v.contracts.tts import SpeechFormat
from ai4v.kit.audiokind import AudioKind, identify
from ai4v.kit.riff import Wav, read_wav
from ai4v.ports.audiocodec import (
    AudioFormatError,
    AudioTooLongError,
    EncodedAudio,
    InvalidAudioError,
    RawFormat,
)

_TYPES: Final[dict[str, tuple[str, float, float]]] = {
    "u8": ("u1", 128.0, 128.0),
    "s16le": ("<i2", 0.0, 32_768.0),
    "s32le": ("<i4", 0.0, 2_147_483_648.0),
    "f32le": ("<f4", 0.0, 1.0),
    "f64le": ("<f8", 0.0, 1.0),
}
"""Numpy type, zero and full scale."""
_RAW_ENCODINGS: Final = ("s16le", "f32le")
_MAX_CHANNELS: Final = 8
_RATES_HZ: Final = range(4_000, 384_001)
_WRITTEN_RATES_HZ: Final = range(8_000, 48_001)


class MemoryAudioCodec:
    """An `AudioCodec` for wav: PCM of 8, 16 and 32 bits and float. Resamples by straight lines.

    Asked for mp3, ogg or flac, it writes a wav with one more chunk, `kind`, which holds that name:
    no player would take it for the real thing, and `decode` reads it back.
    """

    async def decode(
        self, content: bytes, *, rate_hz: int, max_duration_s: float, raw: RawFormat | None = None
    ) -> Audio:
        """Decode at once; as the port says, for wav alone."""
        wav = _read(memoryview(content), raw)
        if wav.rate_hz not in _RATES_HZ or not 1 <= wav.channels <= _MAX_CHANNELS:
            raise InvalidAudioError("the sound has no sane rate or number of channels")
        if wav.encoding not in _TYPES:
            raise AudioFormatError(f"the encoding is {wav.encoding}; taken are {', '.join(_TYPES)}")
        values, zero, scale = _TYPES[wav.encoding]
        whole = len(wav.data) - len(wav.data) % np.dtype(values).itemsize
        frames = np.frombuffer(wav.data[:whole], values).reshape(-1, wav.channels)
        if len(frames) > max_duration_s * wav.rate_hz:
            raise AudioTooLongError(f"the sound is longer than {max_duration_s:g} s")
        if not np.isfinite(frames).all():
            raise InvalidAudioError("the sound holds samples that are not finite numbers")
        mono = ((frames.astype(np.float64) - zero) / scale).mean(axis=1).clip(-1.0, 1.0)
        samples = _resample(mono, wav.rate_hz, rate_hz)
        if not len(samples):
            raise InvalidAudioError("there are no samples")
        return Audio(samples, rate_hz)

    async def encode(self, audio: Audio, *, kind: SpeechFormat, rate_hz: int) -> EncodedAudio:
        """Encode at once; as the port says, but every packing takes every rate."""
        if rate_hz not in _WRITTEN_RATES_HZ:
            raise ValueError("the rate is not within 8000 to 48000 Hz")
        mono = _resample(audio.samples.astype(np.float64), audio.rate_hz, rate_hz)
        if not len(mono):
            raise ValueError("there are no samples")
        data = np.rint(mono.clip(-1.0, 1.0) * 32_767).astype("<i2").tobytes()
        if kind is not SpeechFormat.PCM:
            data = _head(kind, rate_hz, len(data)) + data
        return EncodedAudio(data, rate_hz)


def _head(kind: SpeechFormat, rate_hz: int, data_bytes: int) -> bytes:
    """All of a wav of 16-bit mono samples that comes before them."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate_hz, rate_hz * 2, 2, 16)
    if kind is not SpeechFormat.WAV:
        form += struct.pack("<4sI4s", b"kind", 4, kind.value.encode())
    size = len(b"WAVE") + len(form) + 8 + data_bytes
    return (
        struct.pack("<4sI4s", b"RIFF", size, b"WAVE")
        + form
        + struct.pack("<4sI", b"data", data_bytes)
    )


def _read(content: memoryview, raw: RawFormat | None) -> Wav:
    if raw is None:
        kind = identify(content)
        if kind is AudioKind.WAV:
            return read_wav(content)
        if kind is None:
            raise InvalidAudioError("this is not sound of any kind that we know")
        raise AudioFormatError(f"{kind} is not taken; taken is wav")
    if raw.encoding not in _RAW_ENCODINGS:
        raise AudioFormatError(f"raw samples are taken as {' or '.join(_RAW_ENCODINGS)}")
    if len(content) % np.dtype(_TYPES[raw.encoding][0]).itemsize:
        raise InvalidAudioError("the last sample is cut off")
    return Wav(raw.rate_hz, 1, raw.encoding, content)


def _resample(mono: NDArray[np.float64], rate_hz: int, wanted_hz: int) -> Samples:
    count = round(len(mono) * wanted_hz / rate_hz)
    if not count:
        return np.zeros(0, np.float32)
    places = np.arange(count) * (rate_hz / wanted_hz)
    return np.asarray(np.interp(places, np.arange(len(mono)), mono), np.float32)
