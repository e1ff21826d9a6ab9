"""Small pieces of work that nobody waits for, done before the process ends."""

import asyncio
from collections.abc import Coroutine
from typing import Final

from ai4v.contracts.error import PlatformError
from ai4v.kit.log import get_logger

_MOST: Final = 1_000
_CLOSE_S: Final = 2.0
_log: Final = get_logger(__name__)


class Errands:
    """Runs them beside the requests; what is too much is not done, and counted."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self.dropped = 0

    def start(self, work: Coroutine[object, object, None]) -> None:
        """Begin `work`, which has a bound on its time of its own."""
        if len(self._tasks) >= _MOST:
            self.dropped += 1
            work.close()
            return
        task = asyncio.create_task(self._run(work), name="errand")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Wait for what is under way, 2 s at most."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_CLOSE_S)
            for task in late:
                task.cancel()

    async def _run(self, work: Coroutine[object, object, None]) -> None:
        try:
            await work
        except PlatformError as error:
            _log.warning("an errand failed", code=error.code)
