"""Listening to a channel so that a lost store is noticed, even one that is only silent."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Final, cast

from ai4v.adapters.valkey.command import pack
from ai4v.adapters.valkey.link import Link, Reply

Guard = Callable[[], AbstractContextManager[None]]
"""Makes the context that translates what goes wrong."""

_PING: Final = pack("PING")
_MAX_UNREAD: Final = 10_000
"""Messages; a listener that is further behind loses its connection, and so knows of it."""


@asynccontextmanager
async def listen(
    link: Link, channel: str, *, guard: Guard, timeout_s: float, quiet_s: float
) -> AsyncIterator[AsyncIterator[bytes]]:
    """Subscribe, and yield the messages once the server has confirmed.

    Args:
        link: a connection that nobody else uses; closed at the end.
        channel: its name.
        guard: around every exchange with the server.
        timeout_s: for the server to confirm, and to answer when asked whether it is there.
        quiet_s: how long to hear nothing before asking.
    """
    messages = _Messages(link, guard, timeout_s, quiet_s)
    try:
        with guard():
            async with asyncio.timeout(timeout_s):
                await messages.subscribe(channel)
        yield messages
    finally:
        link.abort()
        await link.closed


class _Messages:
    """Iterates; once lost, lost for good: going on would hide what was missed."""

    def __init__(self, link: Link, guard: Guard, timeout_s: float, quiet_s: float) -> None:
        self._link = link
        self._guard = guard
        self._timeout_s = timeout_s
        self._quiet_s = quiet_s
        self._inbox: asyncio.Queue[Reply] = asyncio.Queue(_MAX_UNREAD)
        self._is_lost = asyncio.Event()
        link.divert(self._take)
        link.closed.add_done_callback(lambda _: self._lose())

    async def subscribe(self, channel: str) -> None:
        self._link.send(pack("SUBSCRIBE", channel))
        await self._read()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        with self._guard():
            try:
                return await self._next()
            except OSError:
                self._is_lost.set()
                raise

    async def _next(self) -> bytes:
        is_asked = False
        while True:
            try:
                async with asyncio.timeout(self._timeout_s if is_asked else self._quiet_s):
                    kind, _, content = await self._read()
            except TimeoutError:
                if is_asked:
                    raise
                self._link.send(_PING)
                is_asked = True
                continue
            is_asked = False
            if kind == b"message":
                return content

    async def _read(self) -> tuple[bytes, bytes, bytes]:
        """Return the next push: a message, a confirmation or the answer to a ping."""
        if self._is_lost.is_set():
            raise ConnectionResetError("the subscription was lost")
        push = await self._inbox.get()
        if not isinstance(push, list):
            raise ConnectionResetError("the subscription was lost")
        kind, *rest = cast("list[bytes]", push)
        return kind, rest[0], rest[-1]

    def _take(self, push: Reply) -> None:
        if self._inbox.full():
            self._link.abort()
        else:
            self._inbox.put_nowait(push)

    def _lose(self) -> None:
        """Wake who reads; what is unread is dropped, for more may be missing."""
        self._is_lost.set()
        while not self._inbox.empty():
            self._inbox.get_nowait()
        self._inbox.put_nowait(None)
