"""Where a caller's key or token is in a request."""

from typing import Final

from starlette.datastructures import Headers

from ai4v.contracts.error import AuthenticationError

_SCHEMES: Final = frozenset({"bearer", "apikey"})
_MAX_LENGTH: Final = 8_192


def read_credential(headers: Headers) -> str | None:
    """Return the caller's key or token, or None when there is none. A query is never looked at.

    Taken are `Authorization: <key>`, `Authorization: Bearer <key or JWT>`,
    `Authorization: ApiKey <key>` and `X-API-Key: <key>`; the first header wins.

    Raises:
        AuthenticationError: another scheme, or what cannot be a key.
    """
    values = headers.getlist("authorization") or headers.getlist("x-api-key")
    if not values:
        return None
    if len(values) > 1:
        raise AuthenticationError("more than one key was sent")
    first, _, rest = values[0].strip().partition(" ")
    if rest and first.lower() not in _SCHEMES:
        raise AuthenticationError("send the key as `Authorization: Bearer <key>`")
    credential = rest.strip() or first
    if not credential.isascii() or not credential.isprintable() or " " in credential:
        raise AuthenticationError("the key is malformed")
    if len(credential) > _MAX_LENGTH:
        raise AuthenticationError("the key is too long")
    return credential or None
