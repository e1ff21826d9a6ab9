"""Pages for browsers: the API, and what links in letters lead to. Nothing from anywhere else."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
LETTER_POLICY: Final = (
    "default-src 'none'; style-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Of the pages that links in letters lead to: a token is in their address."""
_MEDIA_TYPES: Final = {"html": "text/html", "js": "text/javascript", "css": "text/css"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of a page."""

    content: bytes
    media_type: str


@cache
def load_asset(name: str) -> Asset:
    """Return a file of this folder."""
    content = files(__name__).joinpath(name).read_bytes()
    return Asset(content, _MEDIA_TYPES[name.rpartition(".")[2]])
