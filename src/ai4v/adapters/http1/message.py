"""Heads of requests as they go over the wire."""

from typing import Final
from urllib.parse import urlsplit

from ai4v.ports.upstream import UpstreamRequest

_WITH_BODY: Final = ("POST", "PUT", "PATCH")


def parse_address(base_url: str) -> tuple[str, int, bytes]:
    """Return host, port and the value of the `host` header.

    Raises:
        ValueError: it is no `http://host:port`.
    """
    parts = urlsplit(base_url)
    if parts.scheme != "http" or not parts.hostname or parts.path not in {"", "/"}:
        raise ValueError("instances are reached at http://host:port")
    return parts.hostname, parts.port or 80, parts.netloc.encode("ascii")


def encode_head(request: UpstreamRequest, host: bytes) -> tuple[bytes, int | None]:
    """Return the head, and how long the body is; None when it goes in chunks.

    Raises:
        ValueError: a part of it would end its line, and begin another.
    """
    body = request.body
    length: int | None
    if isinstance(body, bytes):
        length = len(body)
        is_framed = length or request.method in _WITH_BODY
        framing = b"content-length: %d\r\n" % length if is_framed else b""
    else:
        length = _announced_length(request)
        framing = b"transfer-encoding: chunked\r\n" if length is None else b""
    start = b"%b %b HTTP/1.1\r\nhost: %b\r\n%b" % (
        request.method.encode("ascii"),
        request.target,
        host,
        framing,
    )
    head = b"%b%b\r\n" % (start, b"".join([b"%b: %b\r\n" % header for header in request.headers]))
    lines = 3 + bool(framing) + len(request.headers)
    if (
        head.count(b"\n") != lines
        or head.count(b"\r") != lines
        or b"\0" in head
        or b" " in request.target
    ):
        raise ValueError("a header or the target holds what ends a line")
    return head, length


def _announced_length(request: UpstreamRequest) -> int | None:
    for name, value in request.headers:
        if name == b"content-length":
            return int(value)
    return None
