"""A request's body: small ones as bytes, which can be sent again; others as they come."""

from collections.abc import AsyncGenerator, Callable
from typing import Final

from starlette.types import Message, Receive

from ai4v.contracts.error import PayloadTooLargeError, ValidationError
from ai4v.services.gateway.passage.header import Header, RequestHead

SMALL_BYTES: Final = 64 * 1024


class ClientGoneError(Exception):
    """The client closed its connection: nobody is left to answer."""


class RequestBody:
    """Reads at most `max_bytes`, once; nothing of a streamed body is kept."""

    __slots__ = ("_max_bytes", "_on_read", "_receive", "is_read", "length")

    def __init__(self, head: RequestHead, receive: Receive, max_bytes: int) -> None:
        """Look at what is announced.

        Raises:
            PayloadTooLargeError: too much is.
        """
        self._receive = receive
        self._max_bytes = max_bytes
        self._on_read: Callable[[], None] | None = None
        self.length = _read_length(head)
        """Bytes; None when the body comes in chunks."""
        self.is_read = self.length == 0
        if self.length is not None and self.length > max_bytes:
            raise self._refuse()

    @property
    def is_small(self) -> bool:
        """Whether it is worth having in one piece."""
        return self.length is not None and self.length <= SMALL_BYTES

    def frame(self) -> tuple[Header, ...]:
        """Return the header that announces a streamed body."""
        return () if self.length is None else ((b"content-length", b"%d" % self.length),)

    async def read(self) -> bytes:
        """Return the whole of it.

        Raises:
            ClientGoneError: the client left before its end.
            PayloadTooLargeError: it goes on and on.
        """
        if self.is_read:
            return b""
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            whole: bytes = message.get("body", b"")
            if len(whole) > self._max_bytes:
                raise self._refuse()
            self._end()
            return whole
        return b"".join([piece async for piece in self._pieces(message)])

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yield it as it comes; raises as `read` does."""
        if not self.is_read:
            async for piece in self._pieces(await self._receive()):
                yield piece

    def when_read(self, action: Callable[[], None]) -> None:
        """Have `action` called once all of it was read; at once when it was."""
        if self.is_read:
            action()
        else:
            self._on_read = action

    async def await_departure(self) -> None:
        """Return once the client has left; the body must have been read."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _pieces(self, message: Message) -> AsyncGenerator[bytes, None]:
        size = 0
        while True:
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            piece = message.get("body", b"")
            size += len(piece)
            if size > self._max_bytes:
                raise self._refuse()
            if piece:
                yield piece
            if not message.get("more_body", False):
                self._end()
                return
            message = await self._receive()

    def _end(self) -> None:
        self.is_read = True
        if self._on_read is not None:
            self._on_read()

    def _refuse(self) -> PayloadTooLargeError:
        return PayloadTooLargeError(f"a body may have {self._max_bytes} bytes at most")


def _read_length(head: RequestHead) -> int | None:
    if b"transfer-encoding" in head.noted:
        return None
    announced = head.get(b"content-length") if b"content-length" in head.noted else None
    if announced is None:
        return 0
    if not announced.isdigit() or len(announced) > 18:
        raise ValidationError("content-length is no number")
    return int(announced)
