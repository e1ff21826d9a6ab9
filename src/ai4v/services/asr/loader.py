"""Loads the engines beside the running service, so that a missing model stops no start."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Final

from ai4v.contracts.error import ServiceUnavailableError
from ai4v.kit.log import get_logger
from ai4v.ports.recognizer import Recognizer, RecognizerUnavailableError

_log: Final = get_logger(__name__)


class EngineLoader:
    """Tries until the recognizer is loaded, and knows why it is not."""

    def __init__(
        self,
        recognizer: Recognizer,
        *,
        start_others: Callable[[], Awaitable[None]],
        retry_s: float,
    ) -> None:
        """Prepare.

        Args:
            recognizer: loaded when the others run.
            start_others: starts what the recognizer needs beside it; may be called again.
            retry_s: between attempts.
        """
        self._recognizer = recognizer
        self._start_others = start_others
        self._retry_s = retry_s
        self._reason = "the speech engine is loading"
        self._is_loaded = False

    async def run(self) -> None:
        """Load; return once it is. After that the engine looks after itself."""
        while not self._is_loaded:
            try:
                await self._start_others()
                await self._recognizer.load()
            except ServiceUnavailableError as error:
                if error.message != self._reason:
                    _log.error("the speech engine cannot be loaded", reason=error.message)
                self._reason = error.message
                await asyncio.sleep(self._retry_s)
            else:
                self._is_loaded = True
                _log.info("the speech engine is loaded", model=self._recognizer.info.model_id)

    def require(self) -> None:
        """Return when the engine has been loaded.

        Raises:
            RecognizerUnavailableError: it has not; the message says why, and how to mend it.
        """
        if not self._is_loaded:
            raise RecognizerUnavailableError(
                self._reason, retry_after_s=max(1, math.ceil(self._retry_s))
            )

    async def check(self) -> None:
        """Return when the engine answers, or raise what is wrong with it (for health)."""
        self.require()
        await self._recognizer.ping()
