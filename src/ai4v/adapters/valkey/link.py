"""One connection to the server: many calls under way at once, answered in their order.

A call is one future in a queue. Whoever gives up leaves the place in the queue behind, so that the
answer that still comes is read and dropped, and never given to another. Whatever does not fit that
order ends the connection and fails all who wait. What is asked within one turn of the event loop is
sent in one write.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, cast

from hiredis import ProtocolError, Reader, ReplyError

from ai4v.adapters.valkey.endpoint import Endpoint

_SECOND_LOOK_S: Final = 0.001
"""An answer may have arrived while this process was busy: it is read before a call is given up."""

Reply = object
"""bytes, int, a list of them, None; or a `ReplyError`: the server refused."""


class Link(asyncio.Protocol):
    """A connection; make it with `connect`."""

    def __init__(self, *, timeout_s: float, max_pending: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._timeout_s = max(0.0, timeout_s - _SECOND_LOOK_S)
        self._max_pending = max_pending
        self._reader = Reader()
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[tuple[asyncio.Future[Reply], float]] = deque()
        self._unsent: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None
        self._on_push: Callable[[Reply], None] | None = None
        self.closed: asyncio.Future[None] = self._loop.create_future()
        """Done when the connection is no more."""

    @property
    def is_open(self) -> bool:
        """Whether calls can be made."""
        return self._transport is not None

    def ask(self, packed: bytes) -> "asyncio.Future[Reply]":
        """Send a packed command; the future has its reply, or fails within the timeout.

        Raises:
            ConnectionError: the connection is closed, or too many calls are under way.
        """
        if self._transport is None:
            raise ConnectionResetError("the connection is closed")
        if len(self._waiting) >= self._max_pending:
            raise ConnectionError("too many calls are under way")
        future: asyncio.Future[Reply] = self._loop.create_future()
        due = self._loop.time() + self._timeout_s
        self._waiting.append((future, due))
        if self._timer is None:
            self._timer = self._loop.call_at(due, self._look_again)
        self.send(packed)
        return future

    def send(self, packed: bytes) -> None:
        """Send a packed command to which no call waits for the reply."""
        if not self._unsent:
            self._loop.call_soon(self._flush)
        self._unsent.append(packed)

    def divert(self, on_push: Callable[[Reply], None]) -> None:
        """Give all that comes from now on to `on_push`; nobody may ask any more."""
        self._on_push = on_push

    def abort(self) -> None:
        """Close at once; all who wait fail."""
        if self._transport is not None:
            self._transport.abort()
            self._end(ConnectionAbortedError("the connection was given up"))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (asyncio.Protocol)."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Hand out the replies (asyncio.Protocol)."""
        self._reader.feed(data)
        try:
            while (reply := self._reader.gets()) is not False:
                self._take(reply)
        except (ProtocolError, IndexError):
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail all who wait (asyncio.Protocol)."""
        self._end(exc or ConnectionResetError("the server closed the connection"))
        if not self.closed.done():
            self.closed.set_result(None)

    def _take(self, reply: Reply) -> None:
        if self._on_push is not None:
            self._on_push(reply)
            return
        future, _ = self._waiting.popleft()
        if not future.done():
            future.set_result(reply)

    def _flush(self) -> None:
        unsent, self._unsent = self._unsent, []
        if self._transport is not None:
            self._transport.write(b"".join(unsent))

    def _look_again(self) -> None:
        self._timer = self._loop.call_later(_SECOND_LOOK_S, self._expire)

    def _expire(self) -> None:
        self._timer = None
        now = self._loop.time()
        for future, due in self._waiting:
            if future.done():
                continue
            if due > now:
                self._timer = self._loop.call_at(due, self._look_again)
                return
            future.set_exception(TimeoutError("no answer in time"))

    def _end(self, error: Exception) -> None:
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, deque()
        for future, _ in waiting:
            if not future.done():
                future.set_exception(error)


async def connect(
    endpoint: Endpoint, *, connect_timeout_s: float, timeout_s: float, max_pending: int
) -> Link:
    """Connect and sign in.

    Args:
        endpoint: where to.
        connect_timeout_s: for all of it.
        timeout_s: for each call made later.
        max_pending: calls under way at once; more fail.

    Raises:
        OSError: nobody is there, does not answer in time, or does not let us in.
    """
    link: Link | None = None
    try:
        async with asyncio.timeout(connect_timeout_s):
            _, link = await asyncio.get_running_loop().create_connection(
                lambda: Link(timeout_s=timeout_s, max_pending=max_pending),
                *(endpoint.host, endpoint.port),
                ssl=endpoint.tls,
            )
            await _greet(link, endpoint)
    except BaseException:
        if link is not None:
            link.abort()
        raise
    return link


async def _greet(link: Link, endpoint: Endpoint) -> None:
    for command in endpoint.greeting:
        if isinstance(await link.ask(command), ReplyError):
            raise ConnectionRefusedError("the server did not let us in")
