"""The codec as a worker process runs it."""

from typing import Any, Final, Literal

import msgspec
import numpy as np

from ai4v.adapters.sndfile.decoder import Wanted, decode
from ai4v.adapters.sndfile.encoder import encode
from ai4v.contracts.tts import SpeechFormat
from ai4v.kit.worker.engine import Factory, Handler, Reply
from ai4v.ports.audiocodec import (
    AudioFormatError,
    AudioTooLongError,
    InvalidAudioError,
    RawFormat,
)

Refusal = Literal["none", "invalid", "too_long", "format"]


class Settings(msgspec.Struct, frozen=True):
    """The codec has none."""


class DecodeRequest(msgspec.Struct, frozen=True):
    """The payload is the file."""

    rate_hz: int
    max_duration_s: float
    raw: RawFormat | None = None


class DecodeReply(msgspec.Struct, frozen=True):
    """The payload is mono float32 samples, or empty when refused."""

    refusal: Refusal = "none"
    message: str = ""


class EncodeRequest(msgspec.Struct, frozen=True):
    """The payload is mono float32 samples."""

    source_hz: int
    """Of the samples."""
    kind: SpeechFormat
    rate_hz: int
    """The rate wanted."""


class EncodeReply(msgspec.Struct, frozen=True):
    """The payload is the file."""

    rate_hz: int
    """Of the sound in it."""


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


def _encode(request: EncodeRequest, payload: memoryview) -> Reply:
    samples = np.frombuffer(payload, np.float32)
    content, rate_hz = encode(samples, request.source_hz, request.kind, request.rate_hz)
    return EncodeReply(rate_hz), content


def _build(_settings: Settings) -> list[Handler[Any]]:
    return [
        Handler("decode", DecodeRequest, _decode),
        Handler("encode", EncodeRequest, _encode),
    ]


CODEC: Final = Factory(Settings, _build)
