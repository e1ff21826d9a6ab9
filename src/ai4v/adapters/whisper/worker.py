"""The engine as a worker process runs it."""

from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from ai4v.adapters.whisper.engine import WhisperEngine
from ai4v.contracts.audio import SPEECH_RATE_HZ, Audio
from ai4v.contracts.capability import Task
from ai4v.kit.worker.engine import Factory, Handler, Reply
from ai4v.ports.recognizer import Recognition, Utterance

METHOD: Final = "recognize"


class Settings(msgspec.Struct, frozen=True):
    """Which model, and what it may use."""

    model_dir: str
    lexicon_dir: str | None
    threads: int


class Item(msgspec.Struct, frozen=True):
    """One utterance; its samples are the next `samples` float32 of the payload."""

    samples: int
    language: str | None
    task: Task


class RecognizeRequest(msgspec.Struct, frozen=True):
    """The payload is all samples, float32, mono 16 kHz."""

    items: list[Item]


class RecognizeReply(msgspec.Struct, frozen=True):
    """Results in the order asked."""

    results: list[Recognition]


def _build(settings: Settings) -> list[Handler[RecognizeRequest]]:
    lexicon_dir = Path(settings.lexicon_dir) if settings.lexicon_dir else None
    engine = WhisperEngine(
        Path(settings.model_dir), lexicon_dir=lexicon_dir, threads=settings.threads
    )

    def recognize(request: RecognizeRequest, payload: memoryview) -> Reply:
        samples = np.frombuffer(payload, np.float32)
        utterances, start = [], 0
        for item in request.items:
            piece = samples[start : start + item.samples]
            utterances.append(Utterance(Audio(piece, SPEECH_RATE_HZ), item.language, item.task))
            start += item.samples
        return RecognizeReply(list(engine.recognize(utterances))), b""

    return [Handler(METHOD, RecognizeRequest, recognize)]


ENGINE: Final = Factory(Settings, _build)
