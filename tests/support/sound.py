"""Sounds made for tests: tones, and their bytes in every format."""

import io
import struct
from typing import Final, Literal

import numpy as np
import soundfile
from numpy.typing import NDArray

TONE_HZ: Final = 440.0
TONE_LEVEL: Final = 0.5

Format = Literal["wav", "wavex", "flac", "mp3", "vorbis", "opus"]
FORMATS: Final[tuple[Format, ...]] = ("wav", "flac", "mp3", "vorbis", "opus")
_KINDS: Final[dict[Format, tuple[str, str | None]]] = {
    "wav": ("WAV", "PCM_16"),
    "wavex": ("WAVEX", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "mp3": ("MP3", None),
    "vorbis": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
}


def tone(seconds: float, rate_hz: int = 16_000, channels: int = 1) -> NDArray[np.float32]:
    """A tone of 440 Hz at half of full scale, the same on all channels; shape [n, channels]."""
    times = np.arange(int(seconds * rate_hz)) / rate_hz
    wave = (TONE_LEVEL * np.sin(2 * np.pi * TONE_HZ * times)).astype(np.float32)
    return np.repeat(wave[:, None], channels, axis=1)


def encode(
    samples: NDArray[np.float32], rate_hz: int, kind: Format = "wav", subtype: str | None = None
) -> bytes:
    """Write a sound file; `subtype` is libsndfile's name and overrides the usual one."""
    major, usual = _KINDS[kind]
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, format=major, subtype=subtype or usual)
    return file.getvalue()


def wav(  # the parts of a header, each free to lie
    data: bytes,
    *,
    rate_hz: int = 16_000,
    channels: int = 1,
    bits: int = 16,
    tag: int = 1,
    data_size: int | None = None,
) -> bytes:
    """Write a wav by hand, so that its header can say anything."""
    frame_bytes = channels * bits // 8
    form = struct.pack(
        "<HHIIHH", tag, channels, rate_hz, rate_hz * frame_bytes & 0xFFFFFFFF, frame_bytes, bits
    )
    size = len(data) if data_size is None else data_size
    riff_size = size if data_size in (0, 0xFFFFFFFF) else 36 + len(data)
    return (
        struct.pack("<4sI4s4sI", b"RIFF", riff_size, b"WAVE", b"fmt ", 16)
        + form
        + struct.pack("<4sI", b"data", size)
        + data
    )


def pcm16(samples: NDArray[np.float32]) -> bytes:
    """Bare 16-bit samples."""
    return (samples * 32_767).astype("<i2").tobytes()


def frequency_hz(samples: NDArray[np.float32], rate_hz: int) -> float:
    """The loudest frequency in it."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate_hz / len(samples)
