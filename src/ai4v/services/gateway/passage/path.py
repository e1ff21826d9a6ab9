"""Paths in one spelling, so that what was routed is what the service gets to see."""

import re
from typing import Final
from urllib.parse import quote, unquote

from starlette.types import Scope

from ai4v.contracts.error import NotFoundError, PlatformError

_HIDDEN_SEPARATOR: Final = re.compile(rb"%(?:2f|5c)", re.IGNORECASE)
_TWO_FACED: Final = re.compile(r"//|[\\%\x00-\x1f\x7f]|/\.{1,2}(?:/|$)")
_PLAIN: Final = re.compile(rb"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_PATH_SAFE: Final = "/:@!$&'()*+,;=-._~"
_QUERY_SAFE: Final = _PATH_SAFE + "?%[]"
_KEY_NAMES: Final = frozenset({"apikey", "key", "xapikey", "authorization", "token", "accesstoken"})
_SUSPICIOUS: Final = (b"a4v_", b"eyJ", b"%")
_KEY_VALUE: Final = re.compile(r"(?:[A-Za-z]+\s+)?(?:a4v_\w+|eyJ[\w-]+\.[\w-]+\.[\w-]*)")


class KeyInQueryError(PlatformError):
    """A key in a query string is in logs, histories and referrers already: it should be revoked."""

    code = "VALIDATION_ERROR"
    status = 400


def read_path(scope: Scope) -> str:
    """Return the decoded path of a request.

    Raises:
        NotFoundError: it can be read in two ways: dot segments, empty segments, backslashes,
            control characters, separators or percent signs that were percent-encoded.
    """
    path: str = scope["path"]
    raw: bytes = scope.get("raw_path") or b""
    if _PLAIN.fullmatch(raw):
        return path
    if _HIDDEN_SEPARATOR.search(raw) or _TWO_FACED.search(path):
        raise NotFoundError("no such path")
    return path


def spell_target(path: str, query: bytes, raw_path: bytes = b"") -> bytes:
    """Return path and query as they are sent on: percent-encoded, in one spelling."""
    target = raw_path if _PLAIN.fullmatch(raw_path) else quote(path, safe=_PATH_SAFE).encode()
    return target + b"?" + quote(query, safe=_QUERY_SAFE).encode() if query else target


def check_query(query: bytes) -> None:
    """Return when no key is in a query string.

    Raises:
        KeyInQueryError: there is one.
    """
    if not any(sign in query for sign in _SUSPICIOUS):
        return
    for part in query.split(b"&"):
        name, _, value = part.decode("latin-1").partition("=")
        name = re.sub(r"[^a-z]", "", unquote(name).lower())
        if name in _KEY_NAMES and _KEY_VALUE.fullmatch(unquote(value.replace("+", " ")).strip()):
            raise KeyInQueryError(
                "a key does not belong in a query string: send it as `Authorization: Bearer <key>`,"
                " and revoke this one"
            )
