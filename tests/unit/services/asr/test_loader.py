import asyncio
from collections.abc import Sequence

import pytest

from ai4v.kit.model import ModelMissingError
from ai4v.ports.recognizer import (
    Recognition,
    RecognizerInfo,
    RecognizerUnavailableError,
    Utterance,
)
from ai4v.services.asr.loader import EngineLoader


class LateRecognizer:
    """Loads when its model is there."""

    info = RecognizerInfo("e", "m", 30.0, ())

    def __init__(self) -> None:
        self.has_model = False
        self.attempts = asyncio.Semaphore(0)

    async def load(self) -> None:
        self.attempts.release()
        if not self.has_model:
            raise ModelMissingError("run ai4v models pull")

    async def recognize(
        self, utterances: Sequence[Utterance], *, timeout_s: float
    ) -> tuple[Recognition, ...]:
        raise AssertionError(f"asked for {len(utterances)} within {timeout_s}")

    async def ping(self) -> None:
        return None

    async def close(self) -> None:
        return None


async def test_model_that_comes_later_is_loaded_without_a_restart() -> None:
    recognizer = LateRecognizer()
    loader = EngineLoader(recognizer, start_others=recognizer.ping, retry_s=0.001)
    with pytest.raises(RecognizerUnavailableError, match="loading"):
        loader.require()
    running = asyncio.create_task(loader.run())
    await recognizer.attempts.acquire()
    await recognizer.attempts.acquire()
    with pytest.raises(RecognizerUnavailableError, match="ai4v models pull"):
        await loader.check()
    recognizer.has_model = True
    await running
    loader.require()
    await loader.check()
