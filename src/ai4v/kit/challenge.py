"""PKCE's S256: what a verifier is shown as (RFC 7636, section 4.2)."""

import base64
import hashlib


def challenge_of(verifier: str) -> str:
    """Return SHA-256 of a verifier, in base64url without padding."""
    digest = hashlib.sha256(verifier.encode(errors="surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
