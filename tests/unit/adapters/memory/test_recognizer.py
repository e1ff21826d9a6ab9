"""The recognizer that only pretends."""

import numpy as np
import pytest

from ai4v.adapters.memory.recognizer import MemoryRecognizer
from ai4v.contracts.audio import SPEECH_RATE_HZ, Audio
from ai4v.ports.recognizer import Utterance
from tests.conformance.recognizer import LONG_S, RecognizerConformance


def _tone(seconds: float) -> Audio:
    times = np.arange(round(seconds * SPEECH_RATE_HZ)) / SPEECH_RATE_HZ
    return Audio((0.5 * np.sin(2 * np.pi * 220 * times)).astype(np.float32), SPEECH_RATE_HZ)


class TestMemoryRecognizer(RecognizerConformance):
    @pytest.fixture
    def cold(self) -> MemoryRecognizer:
        return MemoryRecognizer(seconds_per_utterance=0.01)

    @pytest.fixture
    def speech(self) -> tuple[Utterance, ...]:
        return (
            Utterance(_tone(1), "hi"),
            Utterance(_tone(2), "en"),
            Utterance(_tone(2.5), "ta"),
        )


async def test_its_text_tells_language_and_seconds() -> None:
    recognizer = MemoryRecognizer()
    await recognizer.load()
    (result,) = await recognizer.recognize([Utterance(_tone(1.5), "ta")], timeout_s=LONG_S)
    assert result.text == "தமிழ் தமிழ்"
