"""Loads the engines beside the running service, so that a missing model stops no start."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from ai4v.contracts.error import ServiceUnavailableError
from ai4v.kit.background import repeat
from ai4v.kit.log import get_logger

_log: Final = get_logger(__name__)


class EngineUnavailableError(ServiceUnavailableError):
    """The engine has not been loaded; the message says why, and how to mend it."""


class Engine(Protocol):
    """What all engines have in common."""

    async def load(self) -> None:
        """Bring the model into memory; nothing happens when it is there."""
        ...

    async def ping(self) -> None:
        """Return when it answers; else `ServiceUnavailableError`."""
        ...


async def start_nothing() -> None:
    """Fit engines that need nothing beside them."""


class EngineLoader:
    """Tries until an engine is loaded, and knows why it is not.

    Args:
        name: in logs, messages and health: `engine`, `kokoro` ...
        engine: loaded when the others run.
        start_others: starts what the engine needs beside it; may be called again.
        retry_s: between attempts.
        is_critical: whether the service is of no use without this engine.
    """

    def __init__(
        self,
        name: str,
        engine: Engine,
        *,
        start_others: Callable[[], Awaitable[None]] = start_nothing,
        retry_s: float,
        is_critical: bool = True,
    ) -> None:
        self.name = name
        self.is_critical = is_critical
        self._engine = engine
        self._start_others = start_others
        self._retry_s = retry_s
        self._reason = f"the {name} is loading"
        self._is_loaded = False
        self._has_tried = asyncio.Event()

    @property
    def is_loaded(self) -> bool:
        """Whether the engine has been loaded; it looks after itself from then on."""
        return self._is_loaded

    async def run(self) -> None:
        """Load; return once it is."""
        await repeat(
            self._load,
            name=f"loader of the {self.name}",
            pause_s=self._retry_s,
            until=lambda: self._is_loaded,
        )

    async def _load(self) -> None:
        try:
            await self._start_others()
            await self._engine.load()
        except ServiceUnavailableError as error:
            if error.message != self._reason:
                _log.error("an engine cannot be loaded", engine=self.name, reason=error.message)
            self._reason = error.message
        except Exception:
            self._reason = f"the {self.name} cannot be loaded; the log says why"
            self._has_tried.set()
            raise
        else:
            self._is_loaded = True
            _log.info("an engine is loaded", engine=self.name)
        self._has_tried.set()

    async def wait_until_tried(self) -> None:
        """Return once the engine has been loaded, or it is known why it cannot be."""
        await self._has_tried.wait()

    def require(self) -> None:
        """Return when the engine has been loaded.

        Raises:
            EngineUnavailableError: it has not.
        """
        if not self._is_loaded:
            retry_after_s = max(1, math.ceil(self._retry_s))
            raise EngineUnavailableError(self._reason, retry_after_s=retry_after_s)

    async def check(self) -> None:
        """Return when the engine answers, or raise what is wrong with it (for health)."""
        self.require()
        await self._engine.ping()
