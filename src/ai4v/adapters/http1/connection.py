"""One connection to an instance: requests out, answers in, one exchange at a time.

Whatever is not plainly a good answer breaks the exchange and ends the connection, for a connection
on which the two sides disagree where an answer ends hands one caller's answer to another.
"""

import asyncio
from typing import Final, Protocol, cast

import httptools

from ai4v.adapters.http1.answer import Answer
from ai4v.adapters.http1.message import encode_head
from ai4v.adapters.http1.upload import Upload
from ai4v.ports.upstream import Header, UpstreamBrokenError, UpstreamRequest

MAX_HEAD_BYTES: Final = 64 * 1024
"""Status lines and headers before a body, interim answers included, and its trailers."""
_JOINED_BYTES: Final = 64 * 1024
_VERSIONS: Final = ("1.1", "1.0")
_FRAMING: Final = (b"content-length", b"transfer-encoding")
_WITHOUT_BODY: Final = (204, 304)


class StaleConnectionError(UpstreamBrokenError):
    """A kept connection ended before a byte of the answer came: it may have been closed before."""


class Home(Protocol):
    """Where connections are kept."""

    def keep(self, connection: "Connection") -> None:
        """Take one back whose exchange is over."""

    def forget(self, connection: "Connection") -> None:
        """Hear that one is no more; may be told again."""


class _MalformedError(Exception):
    pass


class Connection(asyncio.Protocol):
    """An asyncio protocol over httptools' parser."""

    def __init__(self, home: Home, base_url: str, host: bytes) -> None:
        self.base_url = base_url
        self.idle_since = 0.0
        """On the monotonic clock."""
        self.transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._home = home
        self._host = host
        self._parser = httptools.HttpResponseParser(self)
        self._answer: Answer | None = None
        self._upload: Upload | None = None
        self._is_used = False
        self._forget_exchange()

    def _forget_exchange(self) -> None:
        self._headers: list[Header] = []
        self._head_bytes = self._waiting_bytes = 0
        self._is_head_request = self._is_past_head = self._is_interim = False
        self._has_received = self._is_complete = self._has_extra = False
        self._is_kept = self._ends_with_connection = False

    @property
    def is_closing(self) -> bool:
        """Whether it can take no request any more."""
        return self.transport is None or self.transport.is_closing()

    async def exchange(self, request: UpstreamRequest) -> Answer:
        """Send `request` and return its answer once the head has come.

        Raises:
            StaleConnectionError: the connection had been used and was found closed.
            UpstreamBrokenError: as the port says.
        """
        transport: asyncio.Transport = self.transport  # type: ignore[assignment]  # connected by now
        try:
            head, length = encode_head(request, self._host)
        except ValueError:
            self.leave()
            raise
        self._is_head_request = request.method == "HEAD"
        answer = self._answer = Answer(self, self._loop)
        body = request.body
        if not isinstance(body, bytes):
            transport.write(head)
            self._upload = Upload(transport, body, length, self._end_upload)
        elif len(body) <= _JOINED_BYTES:
            transport.write(head + body)
        else:
            transport.writelines((head, body))
        try:
            await answer.begun
        except BaseException:
            answer.close()
            raise
        return answer

    def hold_back(self) -> None:
        """Read no more for now."""
        if self.transport is not None:
            self.transport.pause_reading()

    def go_on(self) -> None:
        """Read again."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def leave(self) -> None:
        """End the connection, and whatever is under way on it."""
        self._answer = None
        if self._upload is not None:
            self._upload.cancel()
            self._upload = None
        self._home.forget(self)
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (asyncio)."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take in what came (asyncio)."""
        answer = self._answer
        if answer is None:
            self.leave()
            return
        self._has_received = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._has_extra = True
        if self._is_complete:
            self._finish(answer)
        elif self._has_extra:
            self._fail(UpstreamBrokenError("what the service answered is not HTTP"))
        elif not self._is_past_head:
            self._waiting_bytes += len(data)
            if self._waiting_bytes > MAX_HEAD_BYTES:
                self._fail(UpstreamBrokenError("what the service answered is not HTTP"))

    def connection_lost(self, exc: Exception | None) -> None:
        """End (asyncio)."""
        answer = self._answer
        if answer is not None and exc is None and self._ends_with_connection:
            self._answer = None
            answer.end()
        elif answer is not None and not self._has_received and self._is_used:
            self._fail(StaleConnectionError("the service closed the connection"))
        elif answer is not None:
            self._fail(UpstreamBrokenError("the service broke off its answer"))
        self.leave()

    def pause_writing(self) -> None:
        """Hold the upload back (asyncio)."""
        if self._upload is not None:
            self._upload.pause()

    def resume_writing(self) -> None:
        """Let the upload go on (asyncio)."""
        if self._upload is not None:
            self._upload.resume()

    def on_message_begin(self) -> None:
        """Begin an answer, or an interim one (httptools)."""
        self._has_extra |= self._is_complete

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take in a header, or drop a trailer (httptools)."""
        self._head_bytes += len(name) + len(value) + 4
        if not self._is_past_head:
            self._headers.append((name.lower(), value))
        elif self._head_bytes > MAX_HEAD_BYTES:
            raise _MalformedError

    def on_headers_complete(self) -> None:
        """Look at the head (httptools)."""
        if self._is_complete:
            return
        if self._head_bytes > MAX_HEAD_BYTES:
            raise _MalformedError
        status = self._parser.get_status_code()
        is_read = self._parser.get_http_version() in _VERSIONS and 100 <= status <= 599
        if not is_read or status == 101:
            raise _MalformedError
        if status < 200:
            self._is_interim = True
            return
        framing = [header for header in self._headers if header[0] in _FRAMING]
        if len(framing) != 1 or framing[0][0] != b"content-length":
            self._check(framing)
        self._is_past_head = True
        self._is_complete = self._is_head_request
        self._is_kept = self._is_head_request and self._parser.should_keep_alive()
        self._ends_with_connection = not framing and status not in _WITHOUT_BODY
        answer = self._answer
        if answer is not None:
            answer.begin(status, self._headers)

    def on_body(self, body: bytes) -> None:
        """Take in a piece of the body (httptools)."""
        if self._is_complete:
            self._has_extra = True
        elif self._answer is not None:
            self._answer.feed(body)

    def on_message_complete(self) -> None:
        """End an answer, or an interim one (httptools)."""
        if self._is_interim:
            self._is_interim = False
            self._headers = []
        elif not self._is_complete:
            self._is_complete = True
            self._is_kept = self._parser.should_keep_alive()

    def _check(self, framing: list[Header]) -> None:
        if len(framing) > 1:
            raise _MalformedError
        for name, value in framing:
            is_chunked = name == b"transfer-encoding"
            if is_chunked and (
                value.lower() != b"chunked" or self._parser.get_http_version() == "1.0"
            ):
                raise _MalformedError

    def _finish(self, answer: Answer) -> None:
        self._answer = None
        answer.end()
        is_sent = self._upload is None or self._upload.is_done
        if not self._is_kept or self._has_extra or not is_sent:
            self.leave()
            return
        if self._is_head_request:
            self._parser = httptools.HttpResponseParser(self)
        self._upload = None
        self._is_used = True
        self._forget_exchange()
        self.go_on()
        self._home.keep(self)

    def _fail(self, error: BaseException) -> None:
        answer = self._answer
        self.leave()
        if answer is not None:
            answer.fail(error)

    def _end_upload(self, failure: BaseException | None) -> None:
        if failure is not None:
            self._fail(failure)
