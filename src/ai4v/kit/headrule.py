"""Which heads of requests two servers could read differently, so that they are refused."""

import re
from collections.abc import Iterable
from typing import Final

from ai4v.contracts.error import MalformedRequestError, PayloadTooLargeError

MAX_HEAD_BYTES: Final = 64 * 1024
"""The request line and all headers of one request, its trailers included."""
NO_REQUEST: Final = "this is not a request of HTTP/1.1"
_TARGET: Final = re.compile(rb"/(?!/)[A-Za-z0-9._~!$&'()*+,;=:@%/|^{}\[\]-]*(\?[!$-;=?-~]*)?")
"""Paths as RFC 3986 has them, and what browsers leave as it is; no fragment, no other form."""
_HOST: Final = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=:%\[\]-]+")


def check_head(
    method: bytes, target: bytes, version: str, headers: Iterable[tuple[bytes, bytes]]
) -> None:
    """Return when everybody reads a head in the same way.

    Raises:
        PayloadTooLargeError: it is too long.
        MalformedRequestError: they may not, or it is none of HTTP/1.1 or 1.0.
    """
    size = len(target)
    host = coding = None
    is_good = True
    for name, value in headers:
        size += len(name) + len(value)
        if name == b"host":
            is_good &= host is None and _HOST.fullmatch(value) is not None
            host = value
        elif name == b"transfer-encoding":
            is_good &= coding is None and value.lower() == b"chunked"
            coding = value
    if size > MAX_HEAD_BYTES:
        raise head_too_large()
    if version == "1.1":
        is_good &= host is not None
    else:
        is_good &= version == "1.0" and coding is None
    if not is_good or not _TARGET.fullmatch(target) or method == b"CONNECT":
        raise MalformedRequestError(NO_REQUEST)


def head_too_large() -> PayloadTooLargeError:
    """Return what a head that is too long is refused with."""
    return PayloadTooLargeError(f"the headers may have {MAX_HEAD_BYTES} bytes at most")
