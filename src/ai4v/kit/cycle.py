"""uvicorn's cycle of one request and its answer, with less work for each header and piece.

uvicorn judges every header of an answer by two regular expressions. Here the head is written in one
go, and then looked at once for what would end a line.
"""

import asyncio
from collections.abc import Iterable
from typing import Final, cast
from urllib.parse import unquote

from starlette.types import Message
from uvicorn._types import ASGIReceiveEvent, HTTPScope
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

WHOLE: Final = "ai4v.http.whole"
"""A message, and the extension that announces it: status, headers and body of a whole answer."""
_EXTENSIONS: Final[dict[str, dict[object, object]]] = {WHOLE: {}}
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_STARTS: Final = ("http.response.start", WHOLE)
_WITHOUT_BODY: Final = (204, 304)
_MOST_NAMES: Final = 2_048
_LENGTH: Final = b"content-length"
_CODING: Final = b"transfer-encoding"
_CONNECTION: Final = b"connection"


class Signal:
    """What asyncio's Event does, for one who waits; most requests never do."""

    __slots__ = ("_is_set", "_waiter")

    def __init__(self) -> None:
        self._is_set = False
        self._waiter: asyncio.Future[None] | None = None

    def set(self) -> None:
        """Wake whoever waits."""
        self._is_set = True
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def clear(self) -> None:
        """Have the next one wait."""
        self._is_set = False

    async def wait(self) -> None:
        """Return once it is set; two who wait are woken together."""
        while not self._is_set:
            if self._waiter is None or self._waiter.done():
                self._waiter = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._waiter)


class Cycle(RequestResponseCycle):
    """Sends and receives the messages of ASGI for one request."""

    async def send(self, message: Message) -> None:  # type: ignore[override] # as Starlette has it
        """Write a message to the wire.

        Raises:
            RuntimeError: it does not come in its turn, would end a line, or the body has not the
                length that was announced.
        """
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        kind = message["type"]
        if not self.response_started:
            if kind not in _STARTS:
                raise RuntimeError(f"expected the start of an answer, but got {kind}")
            self.response_started = True
            self.waiting_for_100_continue = False
            head = self._make_head(message["status"], message.get("headers", ()))
            if kind == WHOLE:
                self._write(message["body"], head, is_last=True)
            else:
                self.transport.write(head)
        elif not self.response_complete and kind == "http.response.body":
            is_last = not message.get("more_body", False)
            self._write(message.get("body", b""), b"", is_last=is_last)
        else:
            raise RuntimeError(f"got {kind} where no such message is due")

    async def receive(self) -> ASGIReceiveEvent:
        """Return what came of the body, or that the client left."""
        if self.waiting_for_100_continue and not self.transport.is_closing():
            self.transport.write(_CONTINUE)
            self.waiting_for_100_continue = False
        if not self.disconnected and not self.response_complete:
            self.flow.resume_reading()
            await self.message_event.wait()
            self.message_event.clear()
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        body = bytes(self.body)
        self.body = b""  # type: ignore[assignment] # read as bytes
        return {"type": "http.request", "body": body, "more_body": self.more_body}

    def _make_head(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
        lines = [STATUS_LINE[status]]
        says_close = False
        for header in headers:
            lines.append(b"%b: %b\r\n" % tuple(header))
            if header[0] in _plain:
                continue
            name, value = _learn(header[0]), header[1]
            if name == _LENGTH and self.chunked_encoding is None:
                self.expected_content_length = int(value)
                self.chunked_encoding = False
            elif name == _CODING and value.lower() == b"chunked":
                self.expected_content_length = 0
                self.chunked_encoding = True
            elif name == _CONNECTION:
                says_close |= b"close" in [item.strip() for item in value.lower().split(b",")]
        if says_close:
            self.keep_alive = False
        elif not self.keep_alive:
            lines.append(b"connection: close\r\n")
        if (
            self.chunked_encoding is None
            and status not in _WITHOUT_BODY
            and self.scope["method"] != "HEAD"
        ):
            self.chunked_encoding = True
            lines.append(b"transfer-encoding: chunked\r\n")
        head = b"".join(lines)
        count = len(lines)
        if head.count(b"\n") != count or head.count(b"\r") != count or b"\0" in head:
            raise RuntimeError("a header of the answer holds what ends a line")
        return head + b"\r\n"

    def _write(self, body: bytes, head: bytes, *, is_last: bool) -> None:
        """Write a piece of the body, after the head when that is not empty."""
        if self.scope["method"] == "HEAD":
            self.expected_content_length = 0
            body = b""
        elif self.chunked_encoding:
            piece = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            body = piece + b"0\r\n\r\n" if is_last else piece
        else:
            self.expected_content_length -= len(body)
            if self.expected_content_length < 0:
                raise RuntimeError("the body is longer than was announced")
        if head or body:
            self.transport.write(head + body if head else body)
        if not is_last:
            return
        if self.expected_content_length != 0:
            raise RuntimeError("the body is shorter than was announced")
        self.response_complete = True
        self.body = b""  # type: ignore[assignment] # nobody reads what is left of it
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


def _learn(name: bytes) -> bytes:
    """Return a header's name in lower case, and remember it when nothing here depends on it."""
    lower = name.lower()
    if lower not in (_LENGTH, _CODING, _CONNECTION) and len(_plain) < _MOST_NAMES:
        _plain.add(name)
    return lower


_plain: Final[set[bytes]] = set()
"""Names that say nothing of how an answer is framed, as they are spelled."""


class CycleProtocol(HttpToolsProtocol):
    """Begins cycles, and closes the connection when no request comes for long."""

    _idle_from_s: float | None = None

    def on_body(self, body: bytes) -> None:
        """Take in a piece of the body."""
        cycle = self.cycle
        if not cycle.response_complete:
            # A piece that is alone is passed on as it is, uncopied.
            cycle.body = cycle.body + body if cycle.body else body  # type: ignore[assignment] # read as bytes
            if len(cycle.body) > HIGH_WATER_LIMIT:
                self.flow.pause_reading()
            cycle.message_event.set()

    def on_message_complete(self) -> None:
        """End the body."""
        cycle = self.cycle
        if not cycle.response_complete:
            cycle.more_body = False
            cycle.message_event.set()

    def on_response_complete(self) -> None:
        """Begin with what was sent meanwhile, or wait for the next request."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._idle_from_s = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._watch_idleness(self.timeout_keep_alive)

    def _begin_cycle(self, *, is_kept: bool) -> None:
        before = self.cycle
        cycle = self.cycle = self._make_cycle(self.scope, is_kept=is_kept)
        if before is None or before.response_complete:
            self._start_asgi_task(cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def _watch_idleness(self, wait_s: float) -> None:
        """Set one timer for many requests: it looks when the latest of them ended."""
        self.timeout_keep_alive_task = self.loop.call_later(wait_s, self._check_idleness)

    def _check_idleness(self) -> None:
        self.timeout_keep_alive_task = None
        if self._idle_from_s is None:
            return
        left_s = self._idle_from_s + self.timeout_keep_alive - self.loop.time()
        if left_s > 0:
            self._watch_idleness(left_s)
        else:
            self.timeout_keep_alive_handler()

    def _make_scope(self, method: str, version: str) -> HTTPScope:
        raw_path, _, query = self.url.partition(b"?")
        path = raw_path.decode("ascii")
        return {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme or "http",
            "method": method,
            "root_path": "",
            "path": unquote(path) if "%" in path else path,
            "raw_path": raw_path,
            "query_string": query,
            "headers": self.headers,
            "state": self.app_state.copy(),
            "extensions": _EXTENSIONS,
        }

    def _make_cycle(self, scope: HTTPScope, *, is_kept: bool) -> Cycle:
        return Cycle(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=[],
            message_event=cast("asyncio.Event", Signal()),
            expect_100_continue=self.expect_100_continue,
            keep_alive=is_kept,
            on_response=self.on_response_complete,
        )
