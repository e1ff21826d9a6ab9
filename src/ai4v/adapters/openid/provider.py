"""An OpenID Connect provider, found by its issuer: Google, Keycloak and whoever else speaks it."""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ai4v.adapters.openid.client import ProviderClient
from ai4v.adapters.openid.discovery import Discovery
from ai4v.adapters.openid.idtoken import RULE, read_claims
from ai4v.adapters.openid.keyset import KeySet
from ai4v.kit.challenge import challenge_of
from ai4v.kit.clock import Clock
from ai4v.kit.signedtoken import TokenRefusedError, read_token
from ai4v.ports.identityprovider import Attempt, ProvedIdentity, ProviderRefusedError


@dataclass(frozen=True, slots=True)
class Registration:
    """How this platform is registered at a provider."""

    client_id: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...]


class _Tokens(BaseModel):
    model_config = ConfigDict(frozen=True)

    id_token: str = Field(repr=False)


_ANSWER: Final = TypeAdapter(_Tokens)


class OpenIdProvider:
    """An `IdentityProvider` that vouches by a signed ID token."""

    def __init__(
        self, issuer: str, registration: Registration, client: ProviderClient, clock: Clock
    ) -> None:
        self._issuer = issuer
        self._registration = registration
        self._client = client
        self._clock = clock
        self._discovery = Discovery(issuer, client, clock)
        self._keys = KeySet(client, clock)

    async def begin(self, attempt: Attempt) -> str:
        """Return the authorization request; as the port says."""
        document = await self._discovery.find()
        return authorization_url(
            document.authorization_endpoint, self._registration, attempt, nonce=attempt.nonce
        )

    async def finish(self, attempt: Attempt, code: str, *, issuer: str | None) -> ProvedIdentity:
        """Change the code for an ID token and believe what it proves; as the port says."""
        document = await self._discovery.find()
        is_missing = issuer is None and document.authorization_response_iss_parameter_supported
        if is_missing or issuer not in (None, self._issuer):
            raise ProviderRefusedError("another provider answered than was asked")
        form = code_form(self._registration, attempt, code)
        tokens = await self._client.post(document.token_endpoint, form, _ANSWER)
        try:
            token = read_token(tokens.id_token, RULE)
            key = await self._keys.find(document.jwks_uri, token.key_id)
            return read_claims(
                token.verify(key),
                issuer=self._issuer,
                client_id=self._registration.client_id,
                nonce=attempt.nonce,
                now_s=self._clock.now().timestamp(),
            )
        except TokenRefusedError as error:
            raise ProviderRefusedError(error.message) from None


def authorization_url(
    endpoint: str, registration: Registration, attempt: Attempt, *, nonce: str | None
) -> str:
    """Return where the browser is sent: a code is asked for, tied to this attempt (RFC 9700)."""
    query = {
        "response_type": "code",
        "client_id": registration.client_id,
        "redirect_uri": attempt.redirect_uri,
        "scope": " ".join(registration.scopes),
        "state": attempt.state,
        "code_challenge": challenge_of(attempt.code_verifier),
        "code_challenge_method": "S256",
    }
    if nonce is not None:
        query["nonce"] = nonce
    return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"


def code_form(registration: Registration, attempt: Attempt, code: str) -> dict[str, str]:
    """Return the token request: the client proves itself and that it began this attempt."""
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": attempt.redirect_uri,
        "client_id": registration.client_id,
        "client_secret": registration.client_secret,
        "code_verifier": attempt.code_verifier,
    }
