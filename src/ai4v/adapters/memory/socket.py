"""WebSockets to apps in this process."""

import asyncio
from collections.abc import Sequence

from ai4v.adapters.memory.exchange import AsgiApp, Message, Pipe, make_scope
from ai4v.ports.upstream import (
    ChannelClosedError,
    HandshakeRefusedError,
    UpstreamBrokenError,
    UpstreamRequest,
)

_LOST = (1006, "")


class MemoryChannel:
    """An open WebSocket to an app."""

    def __init__(self, channels: set["MemoryChannel"]) -> None:
        self.accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the app accepts, or with why it does not."""
        self.subprotocol: str | None = None
        self._channels = channels
        self._to_app = Pipe()
        self._from_app = Pipe()
        self._closed: tuple[int, str] | None = None
        self._running: asyncio.Task[None] | None = None
        channels.add(self)

    def run(self, app: AsgiApp, scope: Message) -> None:
        """Call the app."""

        async def serve() -> None:
            await app(scope, self._receive, self._send)

        self._running = asyncio.create_task(serve(), name="stream")
        self._running.add_done_callback(self._finish)

    async def receive(self) -> str | bytes:
        """Return the next message."""
        message = await self._from_app.get()
        if message is None:
            raise ChannelClosedError(*(self._closed or _LOST))
        content: str | bytes = message["content"]
        return content

    async def send(self, message: str | bytes) -> None:
        """Hand a message to the app once there is room."""
        kind = "text" if isinstance(message, str) else "bytes"
        await self._to_app.put({"type": "websocket.receive", kind: message})
        if self._closed is not None:
            raise ChannelClosedError(*self._closed)

    async def close(self, code: int, reason: str) -> None:
        """Tell the app, and let go."""
        if self._closed is None:
            self._end((code, reason))

    def drop(self) -> None:
        """Let go at once."""
        self._end(_LOST)

    async def _receive(self) -> Message:
        if not self.accepted.done():
            return {"type": "websocket.connect"}
        message = await self._to_app.get()
        if message is None:
            code, reason = self._closed or _LOST
            return {"type": "websocket.disconnect", "code": code, "reason": reason}
        return message

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "websocket.accept":
            self.subprotocol = message.get("subprotocol")
            if not self.accepted.done():
                self.accepted.set_result(None)
        elif kind == "websocket.send":
            text = message.get("text")
            content = message["bytes"] if text is None else text
            await self._from_app.put({"content": content})
        elif kind == "websocket.close" and self.accepted.done():
            self._end((message.get("code", 1000), message.get("reason") or ""))
        elif kind in {"websocket.close", "websocket.http.response.start"}:
            self._refuse(HandshakeRefusedError(message.get("status", 403)))

    def _refuse(self, error: Exception) -> None:
        if not self.accepted.done():
            self.accepted.set_exception(error)
        self._end(_LOST)

    def _finish(self, task: asyncio.Task[None]) -> None:
        self._refuse(UpstreamBrokenError("the service broke the stream off"))
        if not task.cancelled():
            task.exception()

    def _end(self, ending: tuple[int, str]) -> None:
        self._channels.discard(self)
        self._closed = self._closed or ending
        self._to_app.close()
        self._from_app.close()


async def open_channel(
    app: AsgiApp,
    request: UpstreamRequest,
    subprotocols: Sequence[str],
    channels: set[MemoryChannel],
) -> MemoryChannel:
    """Open a WebSocket to `app`; `channels` holds it as long as it is open.

    Raises:
        HandshakeRefusedError: the app does not accept.
        UpstreamBrokenError: it ended first.
    """
    scope = make_scope("websocket", request)
    scope["subprotocols"] = list(subprotocols)
    scope["extensions"] = {"websocket.http.response": {}}
    channel = MemoryChannel(channels)
    channel.run(app, scope)
    try:
        await channel.accepted
    except BaseException:
        channel.drop()
        raise
    return channel
