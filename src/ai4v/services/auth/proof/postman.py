"""Letters that are sent after the answer: its time tells nobody whether there is one."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Final

from ai4v.kit.background import beside, repeat
from ai4v.kit.log import get_logger
from ai4v.ports.mailer import Letter, Mailer, MailerUnavailableError

_WAITING: Final = 256
"""Letters; more are dropped, and asked for again by those who miss them."""
_POSTMEN: Final = 4
_PAUSES_S: Final = (1.0, 10.0, 60.0)
_LAST_ROUND_S: Final = 5.0
_log: Final = get_logger(__name__)


class Postman:
    """Sends letters in the background, a few times when it must.

    What waits when the process ends is lost: users ask again, for the answers promise no letter.
    """

    def __init__(self, mailer: Mailer, *, pauses_s: Sequence[float] = _PAUSES_S) -> None:
        """Prepare.

        Args:
            mailer: takes the letters.
            pauses_s: seconds before each further attempt.
        """
        self._mailer = mailer
        self._pauses_s = tuple(pauses_s)
        self._waiting: asyncio.Queue[Letter] = asyncio.Queue(_WAITING)
        self._is_ending = asyncio.Event()

    def post(self, letter: Letter) -> None:
        """Take a letter to be sent; never waits."""
        try:
            self._waiting.put_nowait(letter)
        except asyncio.QueueFull:
            _log.warning("letter dropped: too many are waiting")

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Send while the block runs; at its end each letter that waits is tried once more."""
        async with AsyncExitStack() as stack:
            for number in range(_POSTMEN):
                await stack.enter_async_context(beside(f"postman {number}", self._work()))
            yield
            self._is_ending.set()
            try:
                async with asyncio.timeout(_LAST_ROUND_S):
                    await self._waiting.join()
            except TimeoutError:
                _log.warning("letters lost: the mail server did not take them in time")

    async def _work(self) -> None:
        await repeat(self._send_next, name="postman", pause_s=0)

    async def _send_next(self) -> None:
        letter = await self._waiting.get()
        try:
            await self._send(letter)
        finally:
            self._waiting.task_done()

    async def _send(self, letter: Letter) -> None:
        for pause_s in (*self._pauses_s, None):
            is_last = pause_s is None or self._is_ending.is_set()
            try:
                return await self._mailer.send(letter)
            except MailerUnavailableError as error:
                _log.warning("letter not taken", reason=error.message, is_last=is_last)
            if is_last:
                return None
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._is_ending.wait()
        return None
