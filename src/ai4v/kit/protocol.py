"""uvicorn's HTTP, made strict and bounded: what two servers could read differently is refused.

A gateway and what stands before or behind it must agree where a request ends, else one caller's
bytes become another's request. httptools refuses most of what is ambiguous; the rest is here, with
the bounds on size and time that uvicorn lacks, and our error body.
"""

import asyncio
from dataclasses import dataclass
from typing import Final, cast

import httptools
from uvicorn import Config
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import STATUS_LINE
from uvicorn.server import ServerState

from ai4v.contracts.error import (
    DeadlineExceededError,
    MalformedRequestError,
    PayloadTooLargeError,
    PlatformError,
    ServiceUnavailableError,
)
from ai4v.kit.cycle import CycleProtocol
from ai4v.kit.drain import Drain
from ai4v.kit.errorbody import render_error
from ai4v.kit.headrule import MAX_HEAD_BYTES, NO_REQUEST, check_head, head_too_large
from ai4v.kit.request import make_request_id

__all__ = ["MAX_HEAD_BYTES", "BoundedProtocol", "ConnectionTimes", "ServerConfig"]

_MAX_PIPELINED: Final = 64
_FRAMING_SHARE: Final = 17
"""A byte of a body, and what may come with it: who sends one in each chunk needs six for it.

The rest of what comes, extensions of chunks and trailers, is bounded as a head is."""


class RequestTimeoutError(DeadlineExceededError):
    """The request itself did not come in time."""

    status = 408


@dataclass(frozen=True, slots=True)
class ConnectionTimes:
    """How long a client may take, in seconds."""

    head_s: float = 10.0
    """For the whole head of a request."""
    body_s: float = 30.0
    """Without a byte of a body that is waited for; for its trailers as a whole, and for what is
    left of it when it was answered."""


class ServerConfig(Config):
    """uvicorn's configuration and what our protocols need besides."""

    times = ConnectionTimes()
    drain: Drain | None = None


class BoundedProtocol(CycleProtocol):
    """Refuses with 400, 408 or 413 what is no good request; then closes."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._times = config.times if isinstance(config, ServerConfig) else ConnectionTimes()
        self._drain = config.drain if isinstance(config, ServerConfig) else None
        self._refusal: PlatformError | None = None
        self._is_refused = self._is_in_head = self._is_in_body = False
        self._waiting_bytes = self._framing_bytes = 0
        self._heard_at = 0.0  # when a body came on; 0: since the latest look
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin, and wait for a head."""
        super().connection_made(transport)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_watching()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in what came."""
        if self._is_refused:
            return
        self._idle_from_s = None
        was_in_head = self._is_in_head
        if self._is_in_body:
            self._framing_bytes += len(data)
        rest = data
        while rest:
            try:
                self.parser.feed_data(rest)
                break
            except httptools.HttpParserUpgrade as upgrade:
                rest = rest[upgrade.args[0] :]
                if self._should_upgrade():
                    self._hand_over(rest)
                    return
            except httptools.HttpParserError:
                self._refuse(self._refusal or MalformedRequestError(NO_REQUEST))
                return
        self._look(len(data), was_in_head=was_in_head)

    def on_message_begin(self) -> None:
        """Begin a head."""
        if len(self.pipeline) >= _MAX_PIPELINED:
            self._reject(ServiceUnavailableError("too many requests were sent at once"))
        self._is_in_head = True
        self._waiting_bytes = 0
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take in a header; drop a trailer, which would pass for one."""
        if self._is_in_head:
            name = name.lower()
            if name == b"expect":
                self.expect_100_continue = value.lower() == b"100-continue"
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """End the head, and begin to answer."""
        if self._timer is not None:
            self._stop_watching()
        parser = self.parser
        method, version = parser.get_method(), parser.get_http_version()
        try:
            check_head(method, self.url, version, self.headers)
        except PlatformError as error:
            self._reject(error)
        self._is_in_head = False
        self.scope = self._make_scope(method.decode("ascii"), version)
        if parser.should_upgrade():
            self._check_upgrade()
            if self._should_upgrade():
                return
        self._is_in_body = True
        self._framing_bytes = 0
        self._heard_at = 0.0
        # A client that waited in vain for "100 Continue" may leave its body out.
        is_kept = version != "1.0" and parser.should_keep_alive() and not self.expect_100_continue
        if self._drain is not None and self._drain.is_draining:
            is_kept = False
        self._begin_cycle(is_kept=is_kept)

    def on_body(self, body: bytes) -> None:
        """Take in a piece of the body."""
        if self._is_in_body:
            self._framing_bytes = max(0, self._framing_bytes - _FRAMING_SHARE * len(body))
            if not self.cycle.response_complete:
                self._heard_at = 0.0
            super().on_body(body)

    def on_message_complete(self) -> None:
        """End the body."""
        if not self._is_in_body:
            return
        self._is_in_body = False
        if self._timer is not None:
            self._stop_watching()
        super().on_message_complete()

    def _check_upgrade(self) -> None:
        """Refuse a body, which httptools would take for the next request, and bad WebSockets."""
        if any(
            name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
            for name, value in self.headers
        ):
            self._reject(MalformedRequestError("a request with a body cannot change the protocol"))
        if not self._should_upgrade():
            return
        is_alone = self.cycle is None or self.cycle.response_complete
        is_get = self.parser.get_method() == b"GET" and self.parser.get_http_version() == "1.1"
        if not (is_get and is_alone):
            self._reject(MalformedRequestError("a stream is opened by a GET that stands alone"))
        if self._drain is not None and self._drain.is_draining:
            self._reject(ServiceUnavailableError("this instance is stopping; try again"))
        self.scope["method"] = "GET"

    def _hand_over(self, rest: bytes) -> None:
        self._stop_watching()
        self._unset_keepalive_if_required()
        self.handle_websocket_upgrade()
        if rest and not self.transport.is_closing():
            protocol = self.transport.get_protocol()
            if isinstance(protocol, asyncio.Protocol):
                protocol.data_received(rest)

    def _reject(self, error: PlatformError) -> None:
        """Make the parser stop; what it raises then is answered with `error`."""
        self._refusal = error
        raise error

    def _look(self, size: int, *, was_in_head: bool) -> None:
        """See whether more must come, and until when."""
        self._waiting_bytes += size if self._is_in_head and was_in_head else 0
        if self._waiting_bytes > MAX_HEAD_BYTES:
            self._refuse(head_too_large())
            return
        if self._is_in_body:
            if self._framing_bytes > MAX_HEAD_BYTES:
                self._refuse(
                    PayloadTooLargeError("too much of the request is neither head nor body")
                )
                return
            self._heard_at = self._heard_at or self.loop.time()
            if self._timer is None:
                self._timer = self.loop.call_later(self._times.body_s, self._check_body)
        elif self._timer is None and (
            self._is_in_head or self.cycle is None or self.cycle.response_complete
        ):
            self._watch_head()

    def _watch_head(self) -> None:
        self._timer = self.loop.call_later(self._times.head_s, self._give_head_up)

    def _stop_watching(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_head_up(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        if self.flow.read_paused:
            self._watch_head()
        elif self._is_in_head:
            self._refuse(RequestTimeoutError("the head of the request did not come in time"))
        else:
            self.transport.close()

    def _check_body(self) -> None:
        self._timer = None
        if self.transport.is_closing() or not self._is_in_body:
            return
        now = self.loop.time()
        if self.flow.read_paused or self.cycle.waiting_for_100_continue:
            self._heard_at = now
        left_s = self._heard_at + self._times.body_s - now
        if left_s > 0:
            self._timer = self.loop.call_later(left_s, self._check_body)
        else:
            self._refuse(RequestTimeoutError("the body of the request stopped coming"))

    def _refuse(self, error: PlatformError) -> None:
        """Answer with `error` in its turn, and close."""
        self._is_refused = True
        self._stop_watching()
        cycle = self.cycle
        is_waiting = bool(self.pipeline) and self.pipeline[0][0] is cycle
        if self._is_in_body and not is_waiting:
            if not cycle.response_started:
                self._write(error)
            cycle.disconnected = True
            cycle.message_event.set()
            self.transport.close()
        elif cycle is None or cycle.response_complete:
            self._write(error)
            self.transport.close()
        else:
            if self._is_in_body:
                self.pipeline.popleft()
            self._queue(error)

    def _write(self, error: PlatformError) -> None:
        answer = render_error(error, make_request_id())
        headers = [*answer.raw_headers, (b"connection", b"close")]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        self.transport.write(STATUS_LINE[error.status] + lines + b"\r\n" + bytes(answer.body))

    def _queue(self, error: PlatformError) -> None:
        answer = render_error(error, make_request_id())
        answer.headers["connection"] = "close"
        self.expect_100_continue = False
        cycle = self._make_cycle({**self.scope, "method": "GET"}, is_kept=False)
        self.flow.pause_reading()
        self.pipeline.appendleft((cycle, cast(ASGI3Application, answer)))
