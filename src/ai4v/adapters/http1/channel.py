"""WebSockets to instances: websockets' protocol without I/O, on an asyncio transport."""

import asyncio
from contextlib import suppress
from typing import Final, cast

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidState, InvalidStatus, ProtocolError
from websockets.frames import Frame, Opcode
from websockets.http11 import Response

from ai4v.ports.upstream import (
    ChannelClosedError,
    HandshakeRefusedError,
    UpstreamBrokenError,
)

_SLICE_BYTES: Final = 8 * 1024
"""Parsed at a time; no more is parsed while a message waits, which bounds what waits."""
_GOODBYE_S: Final = 1.0
_MAX_REASON_BYTES: Final = 123
_LOST: Final = (1006, "")


class WebSocketChannel(asyncio.Protocol):
    """An open WebSocket; what has come and was not received holds the instance back."""

    def __init__(self, protocol: ClientProtocol, channels: set["WebSocketChannel"]) -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._protocol = protocol
        self._channels = channels
        self._messages: list[str | bytes] = []
        self._parts = bytearray()
        self._is_text = False
        self._unread = b""
        self._closed: tuple[int, str] | None = None
        self._is_leaving = False
        self._waiter: asyncio.Future[None] | None = None
        self._is_gone = False
        self._gone: asyncio.Event | None = None
        self._room: asyncio.Event | None = None
        """There is room when it is None; events are large, and most streams never need one."""
        channels.add(self)

    @property
    def subprotocol(self) -> str | None:
        """The one agreed on."""
        return self._protocol.subprotocol

    async def receive(self) -> str | bytes:
        """Return the next message."""
        while not self._messages:
            if self._closed is not None:
                raise ChannelClosedError(*self._closed)
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        message = self._messages.pop(0)
        self._parse()
        return message

    async def send(self, message: str | bytes) -> None:
        """Send a message once there is room for it."""
        if self._room is not None:
            await self._room.wait()
        if self._closed is not None:
            raise ChannelClosedError(*self._closed)
        try:
            if isinstance(message, str):
                self._protocol.send_text(message.encode())
            else:
                self._protocol.send_binary(message)
        except InvalidState:
            raise ChannelClosedError(*_LOST) from None
        self._flush()

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye, wait a second for the instance's, and let go."""
        if self._closed is None and not self._is_leaving:
            self._is_leaving = True
            short = reason.encode()[:_MAX_REASON_BYTES].decode(errors="ignore")
            with suppress(InvalidState):
                try:
                    self._protocol.send_close(code, short)
                except ProtocolError:
                    self._protocol.send_close()
            self._flush()
            self._messages.clear()
            self._parse()
            await self._wait_until_gone()
        self.drop()

    def drop(self) -> None:
        """Let go at once."""
        self._channels.discard(self)
        self.opened.cancel()
        self._end(_LOST)
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask to open (asyncio)."""
        self._transport = cast("asyncio.Transport", transport)
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Take in what came (asyncio)."""
        self._unread = self._unread + data if self._unread else data
        self._parse()

    def eof_received(self) -> None:
        """End what is read until the end (asyncio)."""
        if not self.opened.done():
            self._protocol.receive_eof()
            self._take_events()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """End (asyncio)."""
        self._channels.discard(self)
        if not self.opened.done():
            self.opened.set_exception(UpstreamBrokenError("the service broke the stream off"))
        self._end(_LOST)
        self._is_gone = True
        if self._gone is not None:
            self._gone.set()
        self.resume_writing()

    def pause_writing(self) -> None:
        """Hold senders back (asyncio)."""
        if self._room is None:
            self._room = asyncio.Event()

    def resume_writing(self) -> None:
        """Let senders go on (asyncio)."""
        room, self._room = self._room, None
        if room is not None:
            room.set()

    async def _wait_until_gone(self) -> None:
        if not self._is_gone:
            self._gone = asyncio.Event()
            with suppress(TimeoutError):
                async with asyncio.timeout(_GOODBYE_S):
                    await self._gone.wait()

    def _parse(self) -> None:
        while self._unread and not self._messages and self._closed is None:
            part, self._unread = self._unread[:_SLICE_BYTES], self._unread[_SLICE_BYTES:]
            self._protocol.receive_data(part)
            self._take_events()
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if self._unread or self._messages:
            transport.pause_reading()
        else:
            transport.resume_reading()

    def _take_events(self) -> None:
        for event in self._protocol.events_received():
            if isinstance(event, Response):
                self._take_answer()
                event.headers.clear()  # the parser keeps what it read last
            elif isinstance(event, Frame):
                self._take_frame(event)
                event.data = b""
        is_over = self._protocol.parser_exc is not None or self._protocol.close_rcvd is not None
        if self._room is None or is_over:
            self._flush()
        else:
            self._protocol.data_to_send()
        if self._protocol.handshake_exc is not None:
            self._refuse(self._protocol.handshake_exc)
        elif is_over:
            self._part()

    def _take_answer(self) -> None:
        if self._protocol.handshake_exc is None and not self.opened.done():
            self.opened.set_result(None)

    def _take_frame(self, frame: Frame) -> None:
        if frame.opcode in {Opcode.TEXT, Opcode.BINARY, Opcode.CONT} and not self._is_leaving:
            if frame.opcode is not Opcode.CONT:
                self._is_text = frame.opcode is Opcode.TEXT
            if frame.fin and not self._parts:
                self._deliver(bytes(frame.data))
                return
            self._parts += frame.data
            if frame.fin:
                data, self._parts = bytes(self._parts), bytearray()
                self._deliver(data)

    def _deliver(self, data: bytes) -> None:
        try:
            self._messages.append(data.decode() if self._is_text else data)
        except UnicodeDecodeError:
            self._protocol.fail(1007)
            self._flush()
            self._end((1007, ""))
            return
        self._wake()

    def _refuse(self, error: Exception) -> None:
        status = error.response.status_code if isinstance(error, InvalidStatus) else 0
        if not self.opened.done():
            self.opened.set_exception(
                HandshakeRefusedError(status)
                if status >= 200
                else UpstreamBrokenError("what the service answered opens no stream")
            )
        self.drop()

    def _part(self) -> None:
        ending = self._protocol.close_rcvd or self._protocol.close_sent
        self._end(_LOST if ending is None else (ending.code, ending.reason))
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()
            asyncio.get_running_loop().call_later(_GOODBYE_S, self._transport.abort)

    def _end(self, ending: tuple[int, str]) -> None:
        if self._closed is None:
            self._closed = ending
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _flush(self) -> None:
        data = b"".join(self._protocol.data_to_send())
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)
