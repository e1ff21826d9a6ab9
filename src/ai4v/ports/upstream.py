"""Port: one exchange with an instance of a service, HTTP or WebSocket, streamed both ways.

A proxy's client: it follows no redirect, keeps no cookie, decodes no body, and adds no header but
what frames the message on the wire (`host`, `content-length` or `transfer-encoding`).
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from ai4v.contracts.error import ServiceUnavailableError, UpstreamError

Header = tuple[bytes, bytes]
"""Name in lower case, value."""
Body = bytes | AsyncIterator[bytes]
"""Bytes can be sent again, an iterator cannot."""


class UpstreamRefusedError(ServiceUnavailableError):
    """No connection to the instance; nothing was sent."""


class UpstreamBrokenError(UpstreamError):
    """The connection ended before the answer began, or the answer is not HTTP.

    Whether the instance has read the request is not known.
    """


@dataclass(slots=True)
class UpstreamRequest:
    """What is sent to an instance; not frozen, for one is made for every request."""

    method: str
    base_url: str
    """`http://host:port`."""
    target: bytes
    """Path and query, percent-encoded."""
    headers: Sequence[Header]
    """Without those that frame the message, but for `content-length` of a streamed body."""
    body: Body = b""


class UpstreamAnswer(Protocol):
    """An answer whose head has come; close it, read or not."""

    @property
    def status(self) -> int:
        """The HTTP status, 200 to 599; interim answers are swallowed."""
        ...

    @property
    def headers(self) -> Sequence[Header]:
        """In the order they came."""
        ...

    async def read(self) -> bytes:
        """Return the next piece of the body, its content encoding untouched; b"" at its end.

        While nobody reads, the instance is held back: a bounded amount waits here.

        Raises:
            UpstreamBrokenError: the instance broke off.
        """
        ...

    def close(self) -> None:
        """Give the connection back, or end it when the exchange is not over."""
        ...


class Upstream(Protocol):
    """Talks to instances. The caller bounds the time by cancelling, which harms nobody else."""

    async def send(self, request: UpstreamRequest) -> UpstreamAnswer:
        """Send `request` and return once the head of the answer has come.

        An answer may come before the whole of a streamed body was sent; the rest goes on being
        sent while the answer is read. What the body's iterator raises is raised here as it is, or
        by the answer's `read`.

        Raises:
            UpstreamRefusedError: no connection.
            UpstreamBrokenError: the connection ended first, or what came is no answer.
            ServiceUnavailableError: as many connections are open as may be.
        """
        ...

    async def connect(self, request: UpstreamRequest, subprotocols: Sequence[str]) -> "Channel":
        """Open a WebSocket; `request` is a GET without a body.

        Raises:
            UpstreamRefusedError: no connection.
            HandshakeRefusedError: the instance answered something else.
            UpstreamBrokenError: the connection ended first, or what came is no answer.
        """
        ...


class HandshakeRefusedError(UpstreamError):
    """The instance does not open a WebSocket here."""

    def __init__(self, status: int) -> None:
        super().__init__("the service does not open this stream")
        self.answer_status = status
        """The HTTP status it gave."""


class ChannelClosedError(Exception):
    """The peer closed the WebSocket, or the connection was lost (code 1006)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"closed with {code}")
        self.code = code
        self.reason = reason


class Channel(Protocol):
    """An open WebSocket to an instance."""

    @property
    def subprotocol(self) -> str | None:
        """The one agreed on."""
        ...

    async def receive(self) -> str | bytes:
        """Return the next message. While nobody receives, the instance is held back.

        Raises:
            ChannelClosedError: there is none.
        """
        ...

    async def send(self, message: str | bytes) -> None:
        """Send a message; waits while the instance does not read.

        Raises:
            ChannelClosedError: it is closed.
        """
        ...

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye and let go, within a second; a closed channel is left alone."""
        ...
