"""One process's connections to Valkey or Redis, and what happens when it is down.

One deadline covers a whole call: waiting for a free connection, connecting, signing in, sending,
reading. redis-py's own `socket_timeout` stays off, for it covers the read alone and makes a task of
every write (`asyncio.wait_for`, which on Python 3.11 can also swallow a cancellation). Nothing is
retried: a lost answer does not say whether the command ran, and neither `add` nor `acquire` may run
twice. A pooled connection that the server closed is noticed before it is used, so a restart
costs no call.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as VendorConnectionError
from redis.exceptions import NoScriptError, RedisError
from redis.exceptions import TimeoutError as VendorTimeoutError

from ai4v.adapters.valkey.listener import listen
from ai4v.adapters.valkey.script import Script
from ai4v.contracts.error import ServiceUnavailableError
from ai4v.kit.log import get_logger

SCHEMES: Final = {"valkey": "redis", "redis": "redis", "valkeys": "rediss", "rediss": "rediss"}
"""Schemes of the URLs taken, and what redis-py calls them; the `s` is for TLS."""

_DOWN: Final = (VendorConnectionError, VendorTimeoutError, OSError)
"""What says that the server is not there, as against one that refuses a command."""

_log: Final = get_logger(__name__)

Argument = str | bytes | int


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How long and how many."""

    timeout_s: float = 0.25
    """For one call as a whole; short, for a request waits for it, and long enough for a busy
    machine."""
    max_failures: int = 3
    """Calls in a row that must fail before the store is taken to be down."""
    probe_s: float = 1.0
    """Between looks whether a store that is down is back."""
    quiet_s: float = 1.0
    """How long a listener may hear nothing before it asks whether the store is there."""
    max_connections: int = 32
    """Calls under way at once; more wait within their deadline."""


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
        self._slots = asyncio.Semaphore(self._limits.max_connections)
        self._calls = _make_pool(url, self._limits.timeout_s, self._limits.max_connections + 1)
        self._listeners = _make_pool(url, self._limits.timeout_s, None)
        self._client = Redis(connection_pool=self._calls)
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
        """Close every connection; calls under way fail."""
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.wait([self._probe])
        for pool in (self._calls, self._listeners):
            with suppress(RedisError, OSError):
                await pool.aclose()

    async def execute(self, failure: type[ServiceUnavailableError], *command: Argument) -> object:
        """Run one command and return its reply.

        Args:
            failure: what to raise when the store is down, does not answer in time or refuses.
            command: its name and arguments.
        """
        with self._guard(failure):
            async with asyncio.timeout(self._limits.timeout_s), self._slots:
                return await self._ask(*command)

    async def run(
        self, failure: type[ServiceUnavailableError], script: Script, *arguments: Argument
    ) -> object:
        """Run a script, atomically, in one round trip, and return its reply.

        Args:
            failure: what to raise when the store is down, does not answer in time or refuses.
            script: what to run.
            arguments: the number of keys, the keys, the other arguments.
        """
        with self._guard(failure):
            async with asyncio.timeout(self._limits.timeout_s), self._slots:
                try:
                    return await self._ask("EVALSHA", script.sha1, *arguments)
                except NoScriptError:
                    return await self._ask("EVAL", script.text, *arguments)

    def listen(
        self, failure: type[ServiceUnavailableError], channel: str
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Listen to `channel` on a connection of its own.

        Args:
            failure: what entering and iterating raise when the store is lost.
            channel: its name.
        """
        return listen(
            Redis(connection_pool=self._listeners),
            channel,
            guard=lambda: _translate(failure),
            timeout_s=self._limits.timeout_s,
            quiet_s=self._limits.quiet_s,
        )

    @contextmanager
    def _guard(self, failure: type[ServiceUnavailableError]) -> Iterator[None]:
        """Fail at once when the store is down; translate and count what goes wrong inside."""
        if self._probe is not None:
            raise failure("the shared store is down")
        with _translate(failure):
            try:
                yield
            except _DOWN:
                self._count_failure()
                raise
        self._failures = 0

    def _count_failure(self) -> None:
        self._failures += 1
        if self._failures >= self._limits.max_failures and self._probe is None:
            _log.warning("the shared store is down", failures=self._failures)
            self._probe = asyncio.create_task(self._await_return(), name="valkey probe")

    async def _ask(self, *command: Argument) -> object:
        reply: object = await self._client.execute_command(*command)  # type: ignore[no-untyped-call] # redis-py's has no annotations
        return reply

    async def _await_return(self) -> None:
        while True:
            await asyncio.sleep(self._limits.probe_s)
            try:
                async with asyncio.timeout(self._limits.timeout_s):
                    await self._ask("PING")
            except (RedisError, OSError):
                continue
            break
        _log.info("the shared store is back")
        self._failures = 0
        self._probe = None


@contextmanager
def _translate(failure: type[ServiceUnavailableError]) -> Iterator[None]:
    try:
        yield
    except _DOWN as error:
        raise failure("the shared store did not answer in time") from error
    except RedisError as error:
        raise failure("the shared store refused the command") from error


def _make_pool(url: str, timeout_s: float, max_connections: int | None) -> ConnectionPool:
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in SCHEMES:
        starts = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        raise ValueError(f"the URL of the shared store must start with one of {starts}")
    return ConnectionPool.from_url(
        f"{SCHEMES[scheme]}://{rest}",
        max_connections=max_connections,
        socket_timeout=None,
        socket_connect_timeout=timeout_s,
        socket_keepalive=True,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        driver_info=None,
    )
