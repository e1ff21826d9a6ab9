"""The port's adapter: requests on pooled connections, WebSockets on their own."""

from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from ai4v.adapters.http1.answer import Answer
from ai4v.adapters.http1.channel import WebSocketChannel
from ai4v.adapters.http1.connection import StaleConnectionError
from ai4v.adapters.http1.handshake import open_channel
from ai4v.adapters.http1.pool import Pool, UpstreamLimits
from ai4v.contracts.error import ServiceUnavailableError
from ai4v.ports.upstream import UpstreamRequest

_REPEATABLE: Final = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE")


class Http1Upstream:
    """Talks to instances over TCP; open it as a context, use it from the one event loop."""

    def __init__(self, limits: UpstreamLimits | None = None) -> None:
        self._limits = limits or UpstreamLimits()
        self._pool = Pool(self._limits)
        self._channels: set[WebSocketChannel] = set()

    @property
    def open_connections(self) -> int:
        """How many connections are open for requests, idle ones included."""
        return self._pool.open_connections

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """End every connection; exchanges under way fail."""
        self._pool.close()
        for channel in tuple(self._channels):
            channel.drop()

    async def send(self, request: UpstreamRequest) -> Answer:
        """Send on a connection that was kept, else on a new one.

        A kept connection may have been closed by the instance a moment ago. A request that may be
        carried out twice is then sent again, once.
        """
        connection = self._pool.take(request.base_url)
        if connection is not None:
            try:
                return await connection.exchange(request)
            except StaleConnectionError:
                if request.method not in _REPEATABLE or not isinstance(request.body, bytes):
                    raise
        connection = await self._pool.open(request.base_url)
        return await connection.exchange(request)

    async def connect(
        self, request: UpstreamRequest, subprotocols: Sequence[str]
    ) -> WebSocketChannel:
        """Open a WebSocket on a connection of its own."""
        if len(self._channels) >= self._limits.max_channels:
            raise ServiceUnavailableError("too many streams are open; try again")
        return await open_channel(request, subprotocols, self._limits, self._channels)
