"""Port: bytes that claim to be sound become samples."""

from dataclasses import dataclass
from typing import Protocol

from ai4v.contracts.audio import Audio
from ai4v.contracts.error import (
    PayloadTooLargeError,
    PlatformError,
    ServiceUnavailableError,
    UnsupportedMediaError,
)


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


class AudioCodec(Protocol):
    """Reads wav, flac, mp3, ogg (Vorbis and Opus) by content, never by name."""

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
