"""One process's connection to Valkey or Redis, and what happens when it is down.

All calls share one connection, pipelined (link.py), and one deadline covers a call: connecting,
signing in, sending, waiting. Nothing is retried: a lost answer does not say whether the command
ran, and neither `add` nor `acquire` may run twice. A connection that the server closed is replaced
before the next call, so a restart costs none.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Final, Self

from hiredis import ReplyError

from ai4v.adapters.valkey.command import Argument, pack
from ai4v.adapters.valkey.endpoint import SCHEMES, Endpoint
from ai4v.adapters.valkey.link import Link, Reply, connect
from ai4v.adapters.valkey.listener import listen
from ai4v.adapters.valkey.script import Script, ScriptCall
from ai4v.contracts.error import ServiceUnavailableError
from ai4v.kit.log import get_logger

__all__ = ["HOT_PATH", "SCHEMES", "ConnectionLimits", "ValkeyConnection"]

_FIRST_PROBE_S: Final = 0.05
_log: Final = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How long and how many."""

    timeout_s: float = 0.25
    """For one call as a whole; short, for a request waits for it, and long enough for a busy
    machine."""
    connect_timeout_s: float = 0.25
    """For connecting and signing in; a call waits for it no longer than `timeout_s`."""
    max_failures: int = 3
    """Calls in a row that must fail before the store is taken to be down."""
    probe_s: float = 1.0
    """Between looks whether a store that is down is back; the first ones come sooner, and each is
    up to half of it early, so that the processes do not come together."""
    quiet_s: float = 1.0
    """How long a listener may hear nothing before it asks whether the store is there."""
    max_pending: int = 10_000
    """Calls under way at once; more fail at once."""


HOT_PATH: Final = ConnectionLimits(timeout_s=0.045)
"""Where every request waits for the store: one that stands still costs each of the first
`max_failures` calls less than 50 ms, and the others nothing."""


class ValkeyConnection:
    """Runs commands; open it as a context, use it from the one event loop.

    After `max_failures` failed calls in a row the store counts as down: calls fail at once, without
    touching the network, until a probe in the background has been answered.
    """

    def __init__(self, url: str, limits: ConnectionLimits | None = None) -> None:
        """Prepare; nothing is connected before the first call.

        Args:
            url: `valkey://[user]:password@host:port/database`; also redis, valkeys and rediss.
            limits: times and sizes.

        Raises:
            ValueError: another scheme; the message does not repeat the URL.
        """
        self._limits = limits or ConnectionLimits()
        self._connect = partial(
            connect,
            Endpoint.parse(url),
            connect_timeout_s=self._limits.connect_timeout_s,
            timeout_s=self._limits.timeout_s,
            max_pending=self._limits.max_pending,
        )
        self._link: Link | None = None
        self._connecting: asyncio.Task[Link] | None = None
        self._failures = 0
        self._probe: asyncio.Task[None] | None = None

    @property
    def is_down(self) -> bool:
        """Whether calls fail at once because the latest ones did."""
        return self._probe is not None

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Close the connection; calls under way fail."""
        for task in (self._probe, self._connecting):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
        if self._link is not None:
            self._link.abort()
            await self._link.closed

    async def execute(self, failure: type[ServiceUnavailableError], *command: Argument) -> object:
        """Run one command and return its reply.

        Args:
            failure: what to raise when the store is down, does not answer in time or refuses.
            command: its name and arguments.
        """
        reply = await self._ask(failure, pack(*command))
        if isinstance(reply, ReplyError):
            raise failure("the shared store refused the command")
        return reply

    async def run(
        self, failure: type[ServiceUnavailableError], script: Script, *arguments: Argument
    ) -> object:
        """Run a script, atomically, in one round trip, and return its reply.

        Args:
            failure: what to raise when the store is down, does not answer in time or refuses.
            script: what to run.
            arguments: the number of keys, the keys, the other arguments.
        """
        return await self.call(failure, ScriptCall(script, arguments))

    async def call(self, failure: type[ServiceUnavailableError], call: ScriptCall) -> object:
        """Run a script that is ready to be sent; otherwise as `run`."""
        reply = await self._ask(failure, call.packed)
        if isinstance(reply, ReplyError):
            if str(reply).startswith("NOSCRIPT"):
                reply = await self._ask(failure, call.spell_out())
            if isinstance(reply, ReplyError):
                raise failure("the shared store refused the script")
        return reply

    @asynccontextmanager
    async def listen(
        self, failure: type[ServiceUnavailableError], channel: str
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Listen to `channel` on a connection of its own.

        Args:
            failure: what entering and iterating raise when the store is lost.
            channel: its name.
        """
        with _translate(failure):
            link = await self._connect()
        async with listen(
            link,
            channel,
            guard=lambda: _translate(failure),
            timeout_s=max(self._limits.timeout_s, self._limits.connect_timeout_s),
            quiet_s=self._limits.quiet_s,
        ) as messages:
            yield messages

    async def _ask(self, failure: type[ServiceUnavailableError], packed: bytes) -> Reply:
        if self._probe is not None:
            raise failure("the shared store is down")
        try:
            link = self._link
            if link is None or not link.is_open:
                link = await self._open()
            reply = await link.ask(packed)
        except OSError as error:
            self._count_failure()
            raise failure("the shared store did not answer in time") from error
        self._failures = 0
        return reply

    async def _open(self) -> Link:
        """Connect, all who call at once together; a caller that leaves harms no other."""
        task = self._connecting
        if task is None or task.done():
            task = self._connecting = asyncio.create_task(self._connect(), name="valkey connect")
            task.add_done_callback(self._keep)
        await asyncio.wait([task], timeout=self._limits.timeout_s)
        if not task.done():
            raise TimeoutError("no connection in time")
        if task.cancelled():
            raise ConnectionAbortedError("the connection was given up")
        return task.result()

    def _keep(self, task: asyncio.Task[Link]) -> None:
        if not task.cancelled() and task.exception() is None:
            self._link = task.result()

    def _count_failure(self) -> None:
        self._failures += 1
        if self._failures < self._limits.max_failures or self._probe is not None:
            return
        _log.warning("the shared store is down", failures=self._failures)
        if self._link is not None:
            self._link.abort()
        self._probe = asyncio.create_task(self._await_return(), name="valkey probe")

    async def _await_return(self) -> None:
        pause_s = min(_FIRST_PROBE_S, self._limits.probe_s)
        while not await self._is_back():
            await asyncio.sleep(pause_s * random.uniform(0.5, 1))  # noqa: S311 - not for secrets
            pause_s = min(2 * pause_s, self._limits.probe_s)
        _log.info("the shared store is back")
        self._failures = 0
        self._probe = None

    async def _is_back(self) -> bool:
        """Whether there is a connection: it was answered while it was made."""
        if self._link is None or not self._link.is_open:
            with suppress(OSError):
                await self._open()
        return self._link is not None and self._link.is_open


@contextmanager
def _translate(failure: type[ServiceUnavailableError]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise failure("the shared store did not answer in time") from error
