"""uvicorn's HTTP with two things it lacks: a bound on a request's head, and our error body."""

from typing import Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from ai4v.contracts.error import InvalidJsonError, PayloadTooLargeError, PlatformError
from ai4v.kit.errorbody import render_error
from ai4v.kit.request import make_request_id

MAX_HEAD_BYTES: Final = 64 * 1024
"""The request line and all headers of one request."""


class _HeadTooLargeError(Exception):
    pass


class BoundedProtocol(HttpToolsProtocol):
    """Refuses what is no HTTP with 400, a head over `MAX_HEAD_BYTES` with 413; then closes."""

    _is_in_head = False
    _head_bytes = 0
    """Of the parts of the head that are complete."""
    _waiting_bytes = 0
    """What came since the head began and did not end it."""

    def data_received(self, data: bytes) -> None:
        """Take in what came."""
        was_in_head = self._is_in_head
        super().data_received(data)
        if was_in_head and self._is_in_head and not self.transport.is_closing():
            self._waiting_bytes += len(data)
            if self._waiting_bytes > MAX_HEAD_BYTES:
                self.send_400_response("")

    def on_message_begin(self) -> None:
        """Begin a head."""
        self._is_in_head = True
        self._head_bytes = self._waiting_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take in a piece of the request line."""
        self._measure(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take in a header."""
        self._measure(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """End the head."""
        self._is_in_head = False
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's name and shape
        """Answer what cannot be read."""
        error: PlatformError = InvalidJsonError("this is not a request of HTTP/1.1")
        if max(self._head_bytes, self._waiting_bytes) > MAX_HEAD_BYTES:
            error = PayloadTooLargeError(f"the headers may have {MAX_HEAD_BYTES} bytes at most")
        answer = render_error(error, make_request_id())
        headers = [*answer.raw_headers, (b"connection", b"close")]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        self.transport.write(STATUS_LINE[error.status] + lines + b"\r\n" + bytes(answer.body))
        self.transport.close()

    def _measure(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD_BYTES:
            raise _HeadTooLargeError
