"""Opaque tokens: 256 random bits behind a prefix; only their SHA-256 is ever stored.

A fast hash is enough: there is nothing to guess in 256 random bits.
"""

import secrets


def mint(prefix: str) -> str:
    """Return a new token: the prefix and 43 letters, digits, `-` or `_`."""
    return prefix + secrets.token_urlsafe(32)
