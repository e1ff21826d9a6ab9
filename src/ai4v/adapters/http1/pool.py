"""Connections that are kept for the next request, the latest used first."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass

from ai4v.adapters.http1.connection import Connection
from ai4v.adapters.http1.message import parse_address
from ai4v.contracts.error import ServiceUnavailableError
from ai4v.ports.upstream import UpstreamRefusedError


@dataclass(frozen=True, slots=True)
class UpstreamLimits:
    """How long and how many."""

    connect_timeout_s: float = 1.0
    """For a connection to be made."""
    max_connections: int = 1_024
    """Open at once for requests, to all instances together."""
    max_channels: int = 4_096
    """WebSockets open at once."""
    idle_s: float = 60.0
    """How long a connection is kept; less than our servers keep it."""
    max_message_bytes: int = 16 * 1024 * 1024
    """Largest message that a WebSocket takes in."""


class Pool:
    """The connections of one process, to all instances."""

    def __init__(self, limits: UpstreamLimits) -> None:
        self._limits = limits
        self._open: set[Connection] = set()
        self._idle: dict[str, list[Connection]] = {}
        self._now = time.monotonic

    @property
    def open_connections(self) -> int:
        """How many connections are open, idle ones included."""
        return len(self._open)

    def take(self, base_url: str) -> Connection | None:
        """Return a connection that was kept; None when there is none."""
        idle = self._idle.get(base_url)
        if not idle:
            return None
        oldest_s = self._now() - self._limits.idle_s
        while idle:
            connection = idle.pop()
            if connection.idle_since >= oldest_s and not connection.is_closing:
                return connection
            connection.leave()
        return None

    async def open(self, base_url: str) -> Connection:
        """Make a connection.

        Raises:
            UpstreamRefusedError: there is nobody.
            ServiceUnavailableError: there are too many.
        """
        if len(self._open) >= self._limits.max_connections:
            self._make_room()
        host, port, host_header = parse_address(base_url)
        connection = Connection(self, base_url, host_header)
        self._open.add(connection)
        try:
            await connect(connection, host, port, self._limits.connect_timeout_s)
        except BaseException:
            connection.leave()
            raise
        return connection

    def keep(self, connection: Connection) -> None:
        """Take a connection back."""
        now = connection.idle_since = self._now()
        idle = self._idle.get(connection.base_url)
        if idle is None:
            idle = self._idle[connection.base_url] = []
        idle.append(connection)
        if now - idle[0].idle_since > self._limits.idle_s:
            idle[0].leave()

    def forget(self, connection: Connection) -> None:
        """Count a connection no more."""
        self._open.discard(connection)
        idle = self._idle.get(connection.base_url, [])
        with suppress(ValueError):
            idle.remove(connection)
        if not idle:
            self._idle.pop(connection.base_url, None)

    def close(self) -> None:
        """End every connection."""
        for connection in tuple(self._open):
            connection.leave()

    def _make_room(self) -> None:
        idle = [connection for kept in self._idle.values() for connection in kept]
        if not idle:
            raise ServiceUnavailableError("too many requests are under way; try again")
        min(idle, key=lambda connection: connection.idle_since).leave()


async def connect(protocol: asyncio.Protocol, host: str, port: int, timeout_s: float) -> None:
    """Connect `protocol`.

    Raises:
        UpstreamRefusedError: there is nobody, or not within `timeout_s`.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout_s):
            await loop.create_connection(lambda: protocol, host, port)
    except OSError as error:
        raise UpstreamRefusedError("the service cannot be reached; try again") from error
