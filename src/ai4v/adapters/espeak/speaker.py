"""The speaking engine as a worker process runs it."""

from typing import Final

import msgspec
import numpy as np

from ai4v.adapters.espeak.library import EspeakLibrary
from ai4v.adapters.espeak.text import cut
from ai4v.adapters.espeak.voice import MAX_DURATION_S
from ai4v.kit.worker.engine import Factory, Handler, Reply

METHOD: Final = "speak"
_FULL_SCALE: Final = np.float32(32_768)


class Settings(msgspec.Struct, frozen=True):
    """The engine has none."""


class SpeakRequest(msgspec.Struct, frozen=True):
    """A passage; `text` is UTF-8."""

    text: bytes
    voice: str
    """As espeak-ng names it."""
    speed: float


class SpeakReply(msgspec.Struct, frozen=True):
    """The payload is mono float32 samples, none when there is nothing to hear."""


def _build(_settings: Settings) -> list[Handler[SpeakRequest]]:
    library = EspeakLibrary()

    def speak(request: SpeakRequest, _payload: memoryview) -> Reply:
        clauses = [clause for clause in cut(request.text.decode()) if clause.words]
        sound = library.speak(
            clauses, request.voice, speed=request.speed, max_duration_s=MAX_DURATION_S
        )
        samples = np.frombuffer(sound, np.int16)
        if not samples.any():
            return SpeakReply(), b""
        return SpeakReply(), (samples / _FULL_SCALE).data

    return [Handler(METHOD, SpeakRequest, speak)]


SPEAKER: Final = Factory(Settings, _build)
