"""Paths in one spelling, so that what was routed is what the service gets to see."""

import re
from typing import Final
from urllib.parse import quote

from starlette.types import Scope

from ai4v.contracts.error import NotFoundError

_HIDDEN_SEPARATOR: Final = re.compile(rb"%(?:2f|5c)", re.IGNORECASE)
_TWO_FACED: Final = re.compile(r"//|[\\%\x00-\x1f\x7f]|/\.{1,2}(?:/|$)")
_PATH_SAFE: Final = "/:@!$&'()*+,;=-._~"
_QUERY_SAFE: Final = _PATH_SAFE + "?%[]"


def read_path(scope: Scope) -> str:
    """Return the decoded path of a request.

    Raises:
        NotFoundError: it can be read in two ways: dot segments, empty segments, backslashes,
            control characters, separators or percent signs that were percent-encoded.
    """
    path: str = scope["path"]
    if _HIDDEN_SEPARATOR.search(scope.get("raw_path") or b"") or _TWO_FACED.search(path):
        raise NotFoundError("no such path")
    return path


def spell_target(path: str, query: bytes) -> str:
    """Return path and query as they are sent on: percent-encoded, in one spelling."""
    target = quote(path, safe=_PATH_SAFE)
    return f"{target}?{quote(query, safe=_QUERY_SAFE)}" if query else target
