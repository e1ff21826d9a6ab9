"""One WebSocket on its way through: messages both ways, one at a time, and its end.

Each message is passed on before the next is read, so whoever reads slowly slows down whoever sends;
nothing waits here but the one message.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from ai4v.kit.clock import Clock
from ai4v.ports.upstream import Channel, ChannelClosedError
from ai4v.services.gateway.passage.visit import Visit

_CLOSE_S: Final = 1.0
_LONGEST_REASON: Final = 120
"""Bytes; a frame has room for 123."""
_UNSENDABLE: Final = frozenset({1004, 1005, 1006, 1015})
"""Codes that are never on the wire (RFC 6455, 7.4.1)."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A close code and a reason."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may send."""

    message_bytes: int = 1 << 20
    messages_per_s: int = 200


_OVER: Final = Ending(0, "both sides know")
_CLIENT_GONE: Final = Ending(1001, "the client is gone")
_TOO_LARGE: Final = Ending(1009, "the message is too large")
_TOO_MANY: Final = Ending(1008, "too many messages")


class Stream:
    """A WebSocket that is open on both sides."""

    __slots__ = (
        *("client", "credential", "digest", "heard_s", "service", "stalled_s"),
        *("_channel", "_clock", "_ending", "_limits", "_sending", "_visit", "_window"),
    )

    def __init__(
        self, visit: Visit, channel: Channel, credential: str, limits: Limits, clock: Clock
    ) -> None:
        self._visit = visit
        self._channel = channel
        self._limits = limits
        self._clock = clock
        self._ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._sending = asyncio.Lock()
        self._window = (0.0, 0)
        self.credential = credential
        self.digest = "" if visit.guest is None else visit.guest.digest
        self.client = visit.client
        self.service = "" if visit.route is None else visit.route.service
        self.heard_s = clock.monotonic_s()
        """When the latest message came, from either side."""
        self.stalled_s = 0.0
        """Since when the client does not read; 0 when it does."""

    def end(self, ending: Ending) -> None:
        """End the stream from here; nothing happens when it has ended."""
        if not self._ending.done():
            self._ending.set_result(ending)

    def tell(self, text: str) -> None:
        """Send the client a message of our own, after the one that is being sent."""
        task = asyncio.create_task(self._send(text), name="word to a client")
        self._ending.add_done_callback(lambda _: task.cancel())

    async def run(self) -> None:
        """Pass messages on until somebody ends it."""
        ups = asyncio.create_task(self._pump_up(), name="stream up")
        downs = asyncio.create_task(self._pump_down(), name="stream down")
        try:
            ways = (self._ending, downs, ups)
            ending = None
            while ending is None:
                open_ways = [way for way in ways if not way.done()]
                await asyncio.wait(open_ways, return_when=asyncio.FIRST_COMPLETED)
                ending = next((way.result() for way in ways if way.done() and way.result()), None)
        finally:
            for task in (ups, downs):
                task.cancel()
            await asyncio.wait((ups, downs))
            self._ending.cancel()
        if ending is not _OVER:
            await self._say_goodbye(ending)

    async def _pump_up(self) -> Ending | None:
        """Return how it ends; None: by the service, once all is passed on that it said before."""
        receive = self._visit.receive
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                code = message.get("code") or 1005
                await self._close_channel(Ending(code, message.get("reason") or ""))
                return _OVER
            content = message.get("text")
            if content is None:
                content = message.get("bytes") or b""
            refusal = self._judge(content)
            if refusal is not None:
                return refusal
            try:
                await self._channel.send(content)
            except ChannelClosedError:
                return None
            del message, content  # the next may be long in coming

    async def _pump_down(self) -> Ending:
        while True:
            try:
                content = await self._channel.receive()
            except ChannelClosedError as error:
                return _read_ending(error)
            self.heard_s = self._clock.monotonic_s()
            try:
                await self._send(content)
            except (OSError, RuntimeError):  # how a server says that the client is gone
                await self._close_channel(_CLIENT_GONE)
                return _OVER
            del content

    async def _send(self, content: str | bytes) -> None:
        kind = "text" if isinstance(content, str) else "bytes"
        async with self._sending:
            self.stalled_s = self._clock.monotonic_s()
            await self._visit.send({"type": "websocket.send", kind: content})
            self.stalled_s = 0.0

    def _judge(self, content: str | bytes) -> Ending | None:
        now_s = self.heard_s = self._clock.monotonic_s()
        began_s, number = self._window
        self._window = (began_s, number + 1) if now_s - began_s < 1 else (now_s, 1)
        if len(content) > self._limits.message_bytes:
            return _TOO_LARGE
        return _TOO_MANY if self._window[1] > self._limits.messages_per_s else None

    async def _say_goodbye(self, ending: Ending) -> None:
        code = 1011 if ending.code in _UNSENDABLE else ending.code
        message = {"type": "websocket.close", "code": code, "reason": ending.reason}
        with suppress(OSError, RuntimeError):
            async with asyncio.timeout(_CLOSE_S):
                await self._visit.send(message)
        await self._close_channel(ending)

    async def _close_channel(self, ending: Ending) -> None:
        code = 1000 if ending.code in _UNSENDABLE else ending.code
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self._channel.close(code, _cut(ending.reason))
        except TimeoutError:
            return


def _read_ending(error: ChannelClosedError) -> Ending:
    return Ending(error.code, _cut(error.reason))


def _cut(reason: str) -> str:
    return reason.encode()[:_LONGEST_REASON].decode(errors="ignore")
