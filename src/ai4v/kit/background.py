"""Work that goes on beside something else and ends with it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Final

from ai4v.kit.log import get_logger

_log: Final = get_logger(__name__)


class Background:
    """Owns one task: starts it, and on the way out cancels it and waits for its end."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._task: asyncio.Task[None] | None = None

    def start(self, work: Coroutine[object, object, None]) -> None:
        """Begin `work`."""
        self._task = asyncio.create_task(work, name=self._name)
        self._task.add_done_callback(self._tell)

    async def stop(self) -> None:
        """End the task; what it died of, if it did, is raised here."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.wait([self._task])
        if not self._task.cancelled():
            self._task.result()

    def _tell(self, task: asyncio.Task[None]) -> None:
        """Say at once that it died: until the way out nobody else would notice."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.error("work beside the service died", name=self._name, exc_info=error)


@asynccontextmanager
async def beside(name: str, work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """Do `work` while the block runs; what it died of, if it did, is raised at the block's end."""
    background = Background(name)
    background.start(work)
    try:
        yield
    finally:
        await background.stop()
