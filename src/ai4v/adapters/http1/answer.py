"""An answer as it comes: what was read from the wire and not yet by the caller."""

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

from ai4v.ports.upstream import Header, UpstreamBrokenError

HIGH_WATER: Final = 256 * 1024
"""Bytes that wait for the caller before the instance is held back."""


class Source(Protocol):
    """Where an answer comes from, as long as it is not over."""

    def hold_back(self) -> None:
        """Stop reading for now."""

    def go_on(self) -> None:
        """Read again."""

    def leave(self) -> None:
        """End the exchange, and the connection with it."""


class Answer:
    """One answer; it lets go of its connection with the last byte, read or not.

    So nothing that is done to an answer afterwards touches the exchange that has the connection
    then.
    """

    __slots__ = (
        "_failure",
        "_has_ended",
        "_is_held_back",
        "_loop",
        "_pieces",
        "_size",
        "_source",
        "_waiter",
        "begun",
        "headers",
        "status",
    )

    def __init__(self, source: Source, loop: asyncio.AbstractEventLoop) -> None:
        self.begun: asyncio.Future[None] = loop.create_future()
        """Done with the head, or with why there is none."""
        self.status = 0
        self.headers: Sequence[Header] = ()
        self._loop = loop
        self._source: Source | None = source
        self._pieces: list[bytes] = []
        self._size = 0
        self._waiter: asyncio.Future[None] | None = None
        self._failure: BaseException | None = None
        self._has_ended = False
        self._is_held_back = False

    async def read(self) -> bytes:
        """Return what has come of the body; b"" at its end."""
        while not self._pieces:
            if self._failure is not None:
                raise self._failure
            if self._has_ended:
                return b""
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._take()

    def close(self) -> None:
        """End the exchange if it is not over."""
        source = self._source
        if source is not None:
            self.fail(UpstreamBrokenError("the answer was closed before its end"))
            source.leave()

    def begin(self, status: int, headers: Sequence[Header]) -> None:
        """Take in the head."""
        self.status = status
        self.headers = headers
        if not self.begun.done():
            self.begun.set_result(None)

    def feed(self, piece: bytes) -> None:
        """Take in a piece of the body."""
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > HIGH_WATER and not self._is_held_back and self._source is not None:
            self._is_held_back = True
            self._source.hold_back()
        if self._waiter is not None:
            self._wake()

    def end(self) -> None:
        """Take in the end of the body, and let go of the connection."""
        self._has_ended = True
        self._source = None
        if self._waiter is not None:
            self._wake()

    def fail(self, error: BaseException) -> None:
        """Tell the caller, after what has come, and let go of the connection."""
        self._failure = error
        self._source = None
        if not self.begun.done():
            self.begun.set_exception(error)
        self._wake()

    def _take(self) -> bytes:
        pieces = self._pieces
        piece = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self._size = 0
        if self._is_held_back and self._source is not None:
            self._is_held_back = False
            self._source.go_on()
        return piece

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
