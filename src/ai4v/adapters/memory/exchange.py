"""A server's side of ASGI without a socket: how an app in this process is called."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from ai4v.ports.upstream import UpstreamRequest

Message = MutableMapping[str, Any]  # the shape that ASGI prescribes
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Message, Receive, Send], Awaitable[None]]

_BACKLOG: Final = 4
_PEER: Final = ("127.0.0.1", 50_000)


class Pipe:
    """Messages from one side to the other: a few wait, then the sender does."""

    def __init__(self) -> None:
        self._messages: deque[Message] = deque()
        self._changed = asyncio.Event()
        self._is_closed = False

    async def put(self, message: Message) -> None:
        """Add a message once there is room; one that nobody will read is dropped."""
        while len(self._messages) >= _BACKLOG and not self._is_closed:
            self._changed.clear()
            await self._changed.wait()
        if not self._is_closed:
            self._messages.append(message)
            self._changed.set()

    async def get(self) -> Message | None:
        """Return the next message; None when there will be no more."""
        while not self._messages:
            if self._is_closed:
                return None
            self._changed.clear()
            await self._changed.wait()
        message = self._messages.popleft()
        self._changed.set()
        return message

    def close(self) -> None:
        """Take no more; what waits can still be read."""
        self._is_closed = True
        self._changed.set()


def make_scope(kind: str, request: UpstreamRequest) -> Message:
    """Return the scope of an exchange, as a server makes it."""
    url = urlsplit(request.base_url)
    path, _, query = request.target.partition(b"?")
    return {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http" if kind == "http" else "ws",
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", url.netloc.encode("ascii")), *request.headers],
        "server": (url.hostname, url.port),
        "client": _PEER,
        "state": {},
    }
