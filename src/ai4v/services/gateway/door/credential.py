"""Where a caller's key or token is in a request."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qs

from ai4v.contracts.error import AuthenticationError
from ai4v.services.gateway.passage.header import RequestHead

SUBPROTOCOL: Final = "ai4v.key."
"""A browser's WebSocket can send no header: its key is the rest of a subprotocol's name."""
_SCHEMES: Final = frozenset({b"bearer", b"apikey"})
_MAX_LENGTH: Final = 8_192


def read_credential(head: RequestHead) -> str | None:
    """Return the caller's key or token, or None when there is none. A query is never looked at.

    Taken are `Authorization: <key>`, `Authorization: Bearer <key or JWT>`,
    `Authorization: ApiKey <key>` and `X-API-Key: <key>`; the first header wins.

    Raises:
        AuthenticationError: another scheme, or what cannot be a key.
    """
    values = head.noted.get(b"authorization") or head.noted.get(b"x-api-key")
    if not values:
        return None
    if len(values) > 1:
        raise AuthenticationError("more than one key was sent")
    first, _, rest = values[0].strip().partition(b" ")
    if rest and first.lower() not in _SCHEMES:
        raise AuthenticationError("send the key as `Authorization: Bearer <key>`")
    return _check((rest.strip() or first).decode("latin-1"))


def read_stream_credential(
    head: RequestHead, subprotocols: Sequence[str], query: bytes
) -> str | None:
    """Return the key or token of a WebSocket's handshake: a header, a subprotocol, `?api_key=`.

    Args:
        head: the handshake's headers.
        subprotocols: those offered.
        query: empty where a key in a query string is not taken.

    Raises:
        AuthenticationError: as for `read_credential`.
    """
    offered = [
        name.removeprefix(SUBPROTOCOL) for name in subprotocols if name.startswith(SUBPROTOCOL)
    ]
    asked = parse_qs(query.decode("latin-1")).get("api_key", [])
    found = [item for item in (read_credential(head), *offered, *asked) if item]
    if len(set(found)) > 1:
        raise AuthenticationError("more than one key was sent")
    return _check(found[0]) if found else None


def _check(credential: str) -> str | None:
    if not credential.isascii() or not credential.isprintable() or " " in credential:
        raise AuthenticationError("the key is malformed")
    if len(credential) > _MAX_LENGTH:
        raise AuthenticationError("the key is too long")
    return credential or None
