"""Access tokens: JWTs that only this service makes and reads (RFC 8725, RFC 9068)."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from joserfc import jwt

from ai4v.contracts.error import AuthenticationError
from ai4v.kit.clock import Clock
from ai4v.kit.signedtoken import (
    TokenRefusedError,
    TokenRule,
    check_times,
    find_text,
    find_time,
    read_token,
)
from ai4v.services.auth.session.record import AccessGrant
from ai4v.services.auth.session.signingkey import SigningKeys

LIFETIME: Final = timedelta(minutes=15)
_ALGORITHM: Final = "Ed25519"
_EARLY_S: Final = 5.0
"""Another instance, whose clock is ahead, may have signed it."""
_TYPE: Final = "at+jwt"
_ISSUER: Final = "ai4v-auth"
_AUDIENCE: Final = "ai4v"
_RULE: Final = TokenRule(algorithms=(_ALGORITHM,), types=frozenset({_TYPE}), max_length=2048)


class AccessTokens:
    """Signs and checks access tokens."""

    def __init__(self, keys: SigningKeys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    def sign(self, grant: AccessGrant) -> str:
        """Return a new token that says so; no two are the same."""
        key_id, key = self._keys.current
        claims = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "sub": str(grant.user_id),
            "sid": str(grant.session_id),
            "iat": int(self._clock.now().timestamp()),
            "exp": int(grant.expires_at.timestamp()),
            "jti": str(uuid4()),
        }
        header = {"alg": _ALGORITHM, "typ": _TYPE, "kid": key_id}
        return jwt.encode(header, claims, key, algorithms=[_ALGORITHM])

    def read(self, text: str) -> AccessGrant:
        """Return what a token of ours says; whether its session still stands is not known.

        Raises:
            AuthenticationError: not one of ours, or not good now.
        """
        try:
            return self._read(text)
        except (TokenRefusedError, ValueError):
            raise AuthenticationError("the access token is not valid; sign in again") from None

    def _read(self, text: str) -> AccessGrant:
        token = read_token(text, _RULE)
        key = self._keys.find(token.key_id) if token.key_id else None
        if key is None:
            raise TokenRefusedError("not signed by a key of ours")
        claims = token.verify(key)
        check_times(claims, now_s=self._clock.now().timestamp(), early_s=_EARLY_S, late_s=0.0)
        if (claims.get("iss"), claims.get("aud")) != (_ISSUER, _AUDIENCE):
            raise TokenRefusedError("somebody else's, or for somebody else")
        UUID(find_text(claims, "jti"))
        return AccessGrant(
            user_id=UUID(find_text(claims, "sub")),
            session_id=UUID(find_text(claims, "sid")),
            expires_at=datetime.fromtimestamp(find_time(claims, "exp"), UTC),
        )
