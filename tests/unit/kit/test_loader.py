import asyncio

import pytest

from ai4v.kit.loader import EngineLoader, EngineUnavailableError
from ai4v.kit.model import ModelMissingError


class LateEngine:
    """Loads when its model is there."""

    def __init__(self) -> None:
        self.has_model = False
        self.attempts = asyncio.Semaphore(0)

    async def load(self) -> None:
        self.attempts.release()
        if not self.has_model:
            raise ModelMissingError("run ai4v models pull")

    async def ping(self) -> None:
        return None


async def test_model_that_comes_later_is_loaded_without_a_restart() -> None:
    engine = LateEngine()
    loader = EngineLoader("engine", engine, start_others=engine.ping, retry_s=0.001)
    with pytest.raises(EngineUnavailableError, match="the engine is loading"):
        loader.require()
    running = asyncio.create_task(loader.run())
    await loader.wait_until_tried()
    assert not loader.is_loaded
    await engine.attempts.acquire()
    await engine.attempts.acquire()
    with pytest.raises(EngineUnavailableError, match="ai4v models pull"):
        await loader.check()
    assert not loader.is_loaded
    engine.has_model = True
    await running
    loader.require()
    await loader.check()
    assert loader.is_loaded
