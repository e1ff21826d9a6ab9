"""uvicorn's WebSocket, bounded: what one client sends cannot fill the memory, nor our logs.

A stream that says nothing holds little: neither its handshake nor its latest message.
"""

import asyncio
import logging
from typing import Any, Final

from uvicorn import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame
from websockets.http11 import Request

_SLICE_BYTES: Final = 8 * 1024
"""Parsed at a time; no more is parsed while a message waits, which bounds what waits."""
_MAX_FRAGMENTS: Final = 4_096
_REFUSAL: Final = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_quiet: Final = logging.getLogger("uvicorn.error.websocket")
_quiet.setLevel(logging.WARNING)  # uvicorn's lines hold the query, which may hold a secret


class _Inbox:
    """What came and was not received: of asyncio's queue what uvicorn uses, in little room."""

    __slots__ = ("_events", "_waiters")

    def __init__(self) -> None:
        self._events: list[Any] = []
        self._waiters: list[asyncio.Future[None]] = []

    def empty(self) -> bool:
        """Whether nothing is there."""
        return not self._events

    def put_nowait(self, event: Any) -> None:  # noqa: ANN401 - uvicorn's shape
        """Add one, and wake who has waited longest."""
        self._events.append(event)
        self._wake()

    async def get(self) -> Any:  # noqa: ANN401 - uvicorn's shape
        """Return the oldest."""
        while not self._events:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)
                elif self._events:
                    self._wake()
                raise
        return self._events.pop(0)

    def _wake(self) -> None:
        while self._waiters:
            waiter = self._waiters.pop(0)
            if not waiter.done():
                waiter.set_result(None)
                return


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """Holds a client back that sends faster than the app receives."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
    ) -> None:
        super().__init__(config, server_state, app_state)
        self.logger = self.conn.logger = _quiet
        self.queue = _Inbox()  # type: ignore[assignment] # as much of a queue as uvicorn uses
        self._unread = b""
        self._is_broken = False

    async def send(self, message: Any) -> None:  # noqa: ANN401 - uvicorn's shape
        """Send what the app says, unless the handshake was refused already."""
        if self._is_broken:
            return
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True  # a refusal is an answer too; uvicorn logs an error

    def handle_parser_exception(self) -> None:
        """Close with the code of what was broken, or refuse what came before our answer."""
        if self.conn.close_sent is not None:
            super().handle_parser_exception()
            return
        self._refuse_handshake()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": 1006})

    def data_received(self, data: bytes) -> None:
        """Take in what came."""
        self._unread = self._unread + data if self._unread else data
        self._parse()

    async def receive(self) -> Any:  # noqa: ANN401 - uvicorn's shape
        """Return the next event, and go on reading when it was the last."""
        message = await self.queue.get()
        if self.queue.empty():
            self._parse()
            if self.read_paused and self.queue.empty():
                self.read_paused = False
                self.transport.resume_reading()
        return message

    def handle_connect(self, event: Request) -> None:
        """Begin; the parser keeps what it read last, so that is emptied here and below."""
        super().handle_connect(event)
        event.headers.clear()

    def handle_text(self, event: Frame) -> None:
        """Take in a message, or its first part."""
        super().handle_text(event)
        event.data = b""

    def handle_bytes(self, event: Frame) -> None:
        """Take in a message, or its first part."""
        super().handle_bytes(event)
        event.data = b""

    def handle_cont(self, event: Frame) -> None:
        """Take in a part of a message."""
        if len(self.frames) >= _MAX_FRAGMENTS:
            self.conn.fail(1008, "too many fragments")
            self.handle_parser_exception()
            return
        super().handle_cont(event)
        event.data = b""

    def handle_ping(self) -> None:
        """Answer, unless the client takes nothing any more."""
        output = b"".join(self.conn.data_to_send())
        if self.writable.is_set():
            self.transport.write(output)

    def keepalive_timeout(self) -> None:
        """Close a stream whose client is gone; an answer that we did not read counts as given."""
        if self.read_paused:
            self.pong_timer = None
            self.pending_ping_payload = None
            self.schedule_ping()
            return
        super().keepalive_timeout()

    def _parse(self) -> None:
        while self._unread and not self.transport.is_closing():
            if not (self.queue.empty() or self.close_sent):
                return
            part, self._unread = self._unread[:_SLICE_BYTES], self._unread[_SLICE_BYTES:]
            self.conn.receive_data(part)
            self.handle_events()
            if self.conn.parser_exc is not None:
                self.handle_parser_exception()
            if self.conn.handshake_exc is not None and not self.handshake_initiated:
                self._refuse_handshake()

    def _refuse_handshake(self) -> None:
        """Answer what websockets cannot read, and would leave unanswered and open."""
        self.handshake_complete = self.close_sent = self._is_broken = True
        self.transport.write(_REFUSAL)
        self.transport.close()
