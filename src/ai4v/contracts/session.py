"""What is said about sessions and sign-in elsewhere: tokens, their renewal, providers, tickets.

Tokens are in bodies, never in cookies: nothing that a browser adds by itself signs anybody in, so
no other site can act in a user's name (CSRF). The web page keeps them in memory.
"""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from ai4v.contracts.example import CHALLENGE, OF_A_SIGN_IN, OF_AN_ADDRESS, VERIFIER, shown

REFRESH_PREFIX: Final = "a4r_"
"""Of every refresh token, so that a leak scanner knows one."""
TICKET_PREFIX: Final = "a4t_"
"""Of every ticket."""
ReturnAddress = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
Challenge = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""SHA-256 of a verifier, in base64url without padding, as PKCE's S256 (RFC 7636)."""
Verifier = Annotated[SecretStr, Field(min_length=43, max_length=128)]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=1024)]


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class SessionTokens(_Answer):
    """A signed-in session; sent as `Authorization: Bearer <access_token>`."""

    access_token: str = Field(repr=False)
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme
    expires_in: int
    """Seconds until the access token ends."""
    refresh_token: str = Field(repr=False)
    """Good once, for the next pair; using one twice ends the session."""
    refresh_expires_in: int
    """Seconds until the refresh token ends when it is not used."""


class RefreshRequest(_Request):
    """POST /api/v1/auth/refresh."""

    model_config = shown({"refresh_token": OF_A_SIGN_IN})

    refresh_token: Secret


class SessionView(_Answer):
    """A session, without its tokens."""

    id: UUID
    method: str
    """`password` or `provider:<name>`."""
    address: str | None
    """Where it was last used from: when it began, or was renewed."""
    user_agent: str | None
    created_at: datetime
    last_used_at: datetime
    """When it began or was last renewed."""
    expires_at: datetime
    """Its end, used or not."""
    is_current: bool
    """Whether this very request came by it."""


class SessionList(_Answer):
    """The sessions that have not ended, the last used first."""

    sessions: tuple[SessionView, ...]


class JsonWebKey(_Answer):
    """A public key that checks access tokens (RFC 7517, RFC 8037)."""

    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    use: Literal["sig"] = "sig"
    alg: Literal["Ed25519"] = "Ed25519"
    kid: str
    """Its RFC 7638 thumbprint."""
    x: str


class JsonWebKeySet(_Answer):
    """GET /api/v1/auth/jwks.json: the key that signs, then those that still check."""

    keys: tuple[JsonWebKey, ...]


class SigningKeys(_Answer):
    """The answer to the operator's POST /internal/signing-keys/reload."""

    key_ids: tuple[str, ...]
    """The first signs."""


class ProviderView(_Answer):
    """Somebody whom users may sign in with."""

    name: str
    title: str
    """For people."""
    start_url: str
    """Where a browser begins; wants `return_to`, and takes `challenge`."""


class ProviderList(_Answer):
    """GET /api/v1/auth/providers."""

    providers: tuple[ProviderView, ...]


class TicketExchange(_Request):
    """POST /api/v1/auth/providers/exchange: a ticket, good once for a minute, for tokens."""

    model_config = shown({"ticket": OF_AN_ADDRESS, "verifier": VERIFIER})

    ticket: Secret
    verifier: Verifier | None = None
    """Of the `challenge` that the sign-in began with, when it had one."""


class LinkStart(_Request):
    """POST /api/v1/auth/me/identities/{name}/start."""

    model_config = shown({"return_to": "http://127.0.0.1:3000/", "challenge": CHALLENGE})

    return_to: ReturnAddress
    challenge: Challenge


class LinkAddress(_Answer):
    """Where the browser goes to prove who its user is elsewhere."""

    url: str = Field(repr=False)


class LinkTicket(_Request):
    """POST /api/v1/auth/me/identities: what the browser came back with."""

    model_config = shown({"ticket": OF_AN_ADDRESS, "verifier": VERIFIER})

    ticket: Secret
    verifier: Verifier


class IdentityView(_Answer):
    """Who a user is at a provider."""

    provider: str
    email: str | None
    """What the provider had verified when it was linked."""
    linked_at: datetime


class IdentityList(_Answer):
    """GET /api/v1/auth/me/identities."""

    identities: tuple[IdentityView, ...]
