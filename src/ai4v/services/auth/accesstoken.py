"""Access tokens: JWTs that only this service makes and reads (RFC 8725, RFC 9068)."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from ai4v.contracts.error import AuthenticationError
from ai4v.kit.clock import Clock
from ai4v.services.auth.sessionrecord import Session

LIFETIME: Final = timedelta(minutes=15)
_ALGORITHM: Final = "Ed25519"
_TYPE: Final = "at+jwt"
_ISSUER: Final = "ai4v-auth"
_AUDIENCE: Final = "ai4v"
_MAX_LENGTH: Final = 4096


class AccessTokens:
    """Signs and checks access tokens with one Ed25519 key."""

    def __init__(self, private_key_pem: str, clock: Clock) -> None:
        self._key = OKPKey.import_key(private_key_pem)
        self._clock = clock
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(clock.now().timestamp()),
            iss={"essential": True, "value": _ISSUER},
            aud={"essential": True, "value": _AUDIENCE},
            sub={"essential": True},
            iat={"essential": True},
            exp={"essential": True},
            jti={"essential": True},
        )

    def sign(self, session: Session) -> str:
        """Return the token of `session`."""
        claims = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "sub": str(session.user_id),
            "iat": int(self._clock.now().timestamp()),
            "exp": int(session.expires_at.timestamp()),
            "jti": str(session.id),
        }
        header = {"alg": _ALGORITHM, "typ": _TYPE}
        return jwt.encode(header, claims, self._key, algorithms=[_ALGORITHM])

    def read(self, token: str) -> Session:
        """Return the session that `token` was signed for; whether it still stands is not known.

        Raises:
            AuthenticationError: not one of ours, or expired.
        """
        try:
            claims = self._decode(token)
            return Session(
                id=UUID(claims["jti"]),
                user_id=UUID(claims["sub"]),
                expires_at=datetime.fromtimestamp(claims["exp"], UTC),
            )
        except (JoseError, ValueError):
            raise AuthenticationError("the access token is not valid; sign in again") from None

    def _decode(self, token: str) -> jwt.Claims:
        if len(token) > _MAX_LENGTH:
            raise ValueError("longer than any of ours")
        decoded = jwt.decode(token, self._key, algorithms=[_ALGORITHM])
        if decoded.header.get("typ") != _TYPE:
            raise ValueError("another kind of token")
        self._claims.validate(decoded.claims)
        return decoded.claims
