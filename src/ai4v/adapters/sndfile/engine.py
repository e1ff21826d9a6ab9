"""The decoder as a worker process runs it."""

from typing import Final, Literal

import msgspec

from ai4v.adapters.sndfile.decoder import Wanted, decode
from ai4v.kit.workerengine import Factory, Handler, Reply
from ai4v.ports.audiocodec import (
    AudioFormatError,
    AudioTooLongError,
    InvalidAudioError,
    RawFormat,
)

Refusal = Literal["none", "invalid", "too_long", "format"]


class Settings(msgspec.Struct, frozen=True):
    """The decoder has none."""


class DecodeRequest(msgspec.Struct, frozen=True):
    """The payload is the file."""

    rate_hz: int
    max_duration_s: float
    raw: RawFormat | None = None


class DecodeReply(msgspec.Struct, frozen=True):
    """The payload is mono float32 samples, or empty when refused."""

    refusal: Refusal = "none"
    message: str = ""


def _decode(request: DecodeRequest, payload: memoryview) -> Reply:
    wanted = Wanted(request.rate_hz, request.max_duration_s)
    try:
        return DecodeReply(), decode(payload, wanted, request.raw)
    except InvalidAudioError as error:
        return DecodeReply("invalid", error.message), b""
    except AudioTooLongError as error:
        return DecodeReply("too_long", error.message), b""
    except AudioFormatError as error:
        return DecodeReply("format", error.message), b""


def _build(_settings: Settings) -> list[Handler[DecodeRequest]]:
    return [Handler("decode", DecodeRequest, _decode)]


DECODER: Final = Factory(Settings, _build)
