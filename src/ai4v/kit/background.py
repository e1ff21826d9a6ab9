"""Work that goes on beside something else and ends with it."""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Final

from ai4v.contracts.error import ServiceUnavailableError
from ai4v.kit.log import get_logger

_FIRST_BACK_OFF_S: Final = 0.05
_LONGEST_BACK_OFF_S: Final = 1.0
"""Leases of a few seconds are kept by such work: a longer wait would let them run out."""
_SPELL_S: Final = 60.0
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


def _never() -> bool:
    return False


async def repeat(
    turn: Callable[[], Awaitable[object]],
    *,
    name: str,
    pause_s: float,
    until: Callable[[], bool] = _never,
) -> None:
    """Take turn after turn until cancelled: what one dies of does not end the next.

    Failures are told once a spell, each kind of them; a spell is over after a minute without any.
    What is down is a warning, anything else an error with its traceback.

    Args:
        turn: what is done.
        name: of the work, in logs.
        pause_s: after each turn; after failures in a row it grows to 1 s, if it is not longer.
        until: asked after each turn whether that was the last.
    """
    spell = _Spell(name)
    back_off_s = 0.0
    while True:
        try:
            await turn()
            back_off_s = 0.0
        except Exception as error:  # noqa: BLE001 - an edge: the work must outlive what one turn dies of
            spell.tell(error)
            back_off_s = min(2 * back_off_s or _FIRST_BACK_OFF_S, _LONGEST_BACK_OFF_S)
        if until():
            return
        await asyncio.sleep(max(pause_s, back_off_s))


class _Spell:
    """Knows which failures were told lately."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._told: set[type[Exception]] = set()
        self._last_s = -math.inf

    def tell(self, error: Exception) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s - self._last_s > _SPELL_S:
            self._told.clear()
        self._last_s = now_s
        if type(error) in self._told:
            return
        self._told.add(type(error))
        if isinstance(error, ServiceUnavailableError):
            _log.warning("work beside the service waits", name=self._name, reason=error.message)
        else:
            _log.error("work beside the service failed", name=self._name, exc_info=error)
