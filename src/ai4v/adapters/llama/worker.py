"""The engine as a worker process runs it."""

from pathlib import Path
from typing import Final

import msgspec

from ai4v.adapters.llama.engine import LlamaEngine
from ai4v.kit.worker.engine import Factory, Handler, Reply
from ai4v.ports.translator import Passage, Translation

METHOD: Final = "translate"


class Settings(msgspec.Struct, frozen=True):
    """Which model."""

    model_path: str


class TranslateRequest(msgspec.Struct, frozen=True):
    """No payload."""

    passage: Passage


class TranslateReply(msgspec.Struct, frozen=True):
    """No payload."""

    translation: Translation


def _build(settings: Settings) -> list[Handler[TranslateRequest]]:
    engine = LlamaEngine(Path(settings.model_path))

    def translate(request: TranslateRequest, _: memoryview) -> Reply:
        return TranslateReply(engine.translate(request.passage)), b""

    return [Handler(METHOD, TranslateRequest, translate)]


ENGINE: Final = Factory(Settings, _build)
