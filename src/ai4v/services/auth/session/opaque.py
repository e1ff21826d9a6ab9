"""Opaque tokens: 256 random bits behind a prefix; only their SHA-256 is ever stored.

A fast hash is enough: there is nothing to guess in 256 random bits.
"""

import base64
import hashlib
import secrets


def mint(prefix: str) -> str:
    """Return a new token: the prefix and 43 letters, digits, `-` or `_`."""
    return prefix + secrets.token_urlsafe(32)


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636, section 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
