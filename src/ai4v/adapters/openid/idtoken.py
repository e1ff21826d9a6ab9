"""What an ID token must say to be believed (OpenID Connect Core 1.0, section 3.1.3.7)."""

import hmac
from typing import Final

from ai4v.kit.signedtoken import TokenRefusedError, TokenRule, check_times, find_text
from ai4v.ports.identityprovider import ProvedIdentity

RULE: Final = TokenRule(
    algorithms=("RS256", "ES256", "EdDSA", "Ed25519"),
    types=frozenset({"", "jwt"}),
    max_length=16_384,
)
LEEWAY_S: Final = 30.0
"""Clocks of two companies."""
_MAX_SUBJECT: Final = 255


def read_claims(
    claims: dict[str, object], *, issuer: str, client_id: str, nonce: str, now_s: float
) -> ProvedIdentity:
    """Return whom the claims of a signed ID token speak of.

    Raises:
        TokenRefusedError: they are not for us, not for this attempt, or not for now.
    """
    check_times(claims, now_s=now_s, early_s=LEEWAY_S, late_s=LEEWAY_S)
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    is_for_us = client_id in audiences and claims.get("azp", client_id) == client_id
    if len(audiences) > 1:
        is_for_us = is_for_us and "azp" in claims
    if claims.get("iss") != issuer or not is_for_us:
        raise TokenRefusedError("the provider's token is for somebody else")
    if not hmac.compare_digest(find_text(claims, "nonce").encode(), nonce.encode()):
        raise TokenRefusedError("the provider's token is of another attempt")
    subject = find_text(claims, "sub")
    if len(subject) > _MAX_SUBJECT:
        raise TokenRefusedError("the provider's token names nobody")
    return ProvedIdentity(subject, _verified_email(claims), _name(claims))


def _verified_email(claims: dict[str, object]) -> str | None:
    email = claims.get("email")
    is_verified = claims.get("email_verified") in (True, "true")
    if not (is_verified and isinstance(email, str) and "@" in email and len(email) <= 254):
        return None
    return email.lower()


def _name(claims: dict[str, object]) -> str | None:
    name = claims.get("preferred_username")
    return name if isinstance(name, str) else None
