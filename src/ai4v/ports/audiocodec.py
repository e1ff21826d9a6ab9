"""Port: bytes that claim to be sound become samples, and samples become files."""

from dataclasses import dataclass
from typing import Protocol

from ai4v.contracts.audio import Audio
from ai4v.contracts.error import (
    PayloadTooLargeError,
    PlatformError,
    ServiceUnavailableError,
    UnsupportedMediaError,
)
from ai4v.contracts.tts import SpeechFormat


class InvalidAudioError(PlatformError):
    """Not audio, truncated, without samples, or with a header that lies."""

    code = "INVALID_AUDIO"
    status = 422


class AudioTooLongError(PayloadTooLargeError):
    """Longer than the limit; found before the rest is decoded."""


class AudioFormatError(UnsupportedMediaError):
    """Audio of a kind that we know and do not take; the message says which are taken."""


class AudioCodecUnavailableError(ServiceUnavailableError):
    """The decoder died or was stopped on this input."""


@dataclass(frozen=True, slots=True)
class RawFormat:
    """How to read samples that come without a header."""

    rate_hz: int
    encoding: str = "s16le"
    """s16le, or f32le."""


@dataclass(frozen=True, slots=True)
class EncodedAudio:
    """A file in memory."""

    content: bytes
    rate_hz: int
    """Of the sound in it."""


class AudioCodec(Protocol):
    """Reads wav, flac, mp3, ogg (Vorbis and Opus) by content, never by name; writes them too."""

    async def decode(
        self, content: bytes, *, rate_hz: int, max_duration_s: float, raw: RawFormat | None = None
    ) -> Audio:
        """Decode, mix to mono and resample.

        Memory is bounded by `max_duration_s`, never by what a header promises. A wav whose sizes
        are 0 or 0xFFFFFFFF is a stream: read to the end. Samples that are not finite are refused.

        Args:
            content: a whole file; with `raw`, bare samples.
            rate_hz: the rate wanted.
            max_duration_s: the longest audio taken.
            raw: how to read `content` when it has no header.

        Raises:
            InvalidAudioError, AudioTooLongError, AudioFormatError, AudioCodecUnavailableError
        """
        ...

    async def encode(self, audio: Audio, *, kind: SpeechFormat, rate_hz: int) -> EncodedAudio:
        """Resample and pack.

        Args:
            audio: mono, not empty.
            kind: the packing wanted; wav, flac and pcm hold 16-bit samples.
            rate_hz: the rate wanted, 8000 to 48000; the nearest that the packing takes is used.

        Raises:
            ValueError: no samples, or a rate out of bounds.
            AudioCodecUnavailableError
        """
        ...
