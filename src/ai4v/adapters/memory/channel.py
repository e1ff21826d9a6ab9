"""Messages from publishers to listeners within one event loop."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Generic, TypeVar

from ai4v.contracts.error import ServiceUnavailableError

_BACKLOG: Final = 1_000

_Message = TypeVar("_Message")


class _Inbox(Generic[_Message]):
    """What one listener has not read yet; bounded, and lost as a whole when it overflows."""

    def __init__(self, failure: type[ServiceUnavailableError]) -> None:
        self._messages: asyncio.Queue[_Message] = asyncio.Queue(_BACKLOG)
        self._failure = failure
        self._is_lost = False

    def put(self, message: _Message) -> None:
        if self._messages.full():
            self._is_lost = True
        else:
            self._messages.put_nowait(message)

    def __aiter__(self) -> AsyncIterator[_Message]:
        return self

    async def __anext__(self) -> _Message:
        if self._is_lost:
            raise self._failure("a listener fell too far behind and lost messages")
        return await self._messages.get()


class Channels(Generic[_Message]):
    """Named channels; a message reaches those who listen now, in order."""

    def __init__(self, failure: type[ServiceUnavailableError]) -> None:
        self._inboxes: defaultdict[str, set[_Inbox[_Message]]] = defaultdict(set)
        self._failure = failure

    def publish(self, channel: str, message: _Message) -> None:
        """Hand `message` to every listener of `channel`."""
        for inbox in self._inboxes.get(channel, ()):
            inbox.put(message)

    @asynccontextmanager
    async def subscribe(self, channel: str) -> AsyncIterator[AsyncIterator[_Message]]:
        """Listen to `channel`; a listener 1000 messages behind gets the failure."""
        inbox = _Inbox[_Message](self._failure)
        self._inboxes[channel].add(inbox)
        try:
            yield inbox
        finally:
            self._inboxes[channel].discard(inbox)
            if not self._inboxes[channel]:
                del self._inboxes[channel]
