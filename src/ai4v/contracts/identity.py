"""Who is asking: what the gateway found out, and what it tells the services."""

import hashlib
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_serializer

from ai4v.contracts.permission import Permission
from ai4v.contracts.role import Role

CREDENTIAL_CACHE_S: Final = 300.0
"""How long a verified credential may be remembered; revocation does not wait for it."""
REVOKED_MARK: Final = b"revoked"
"""What the cache holds for a credential that must not be believed, whatever else is known."""
STALE_MARK: Final = b"stale"
"""What the cache holds for a moment after what a credential stands for has changed (a role, a key's
limits): the auth service must be asked, and its answer not kept under this name."""
STALE_S: Final = 5.0
IDENTITY_CHANNEL: Final = "identity"
"""The cache's channel on which the auth service announces the hash of a credential that was revoked
or changed, after it put the mark; one hash in hexadecimal a message, sealed."""


class RateLimits(BaseModel):
    """How much a key, or a signed-in user, may ask for in each window; each settable by key."""

    model_config = ConfigDict(frozen=True)

    per_minute: int = 60
    """Requests."""
    burst: int | None = None
    """Requests at once, which then come back at the rate of a minute; None: a whole minute's."""
    per_hour: int = 1_000
    per_day: int = 10_000
    audio_s_per_day: int = 36_000
    """Seconds of audio heard; the cost is known and taken when the answer is."""
    characters_per_day: int = 1_000_000
    """Code points translated or spoken; likewise."""


class Scope(BaseModel):
    """What of the platform a key is for; an empty list means all."""

    model_config = ConfigDict(frozen=True)

    services: tuple[str, ...] = ()
    """Names in services.toml; the gateway holds them."""
    tasks: tuple[str, ...] = ()
    """ULCA task types; the services hold these and the rest."""
    languages: tuple[str, ...] = ()
    """Codes; every language that a request names or that is found in it."""
    models: tuple[str, ...] = ()
    """Our own model ids, not their aliases."""


class Principal(BaseModel):
    """An authenticated caller."""

    model_config = ConfigDict(frozen=True)

    user_id: UUID
    role: Role
    permissions: frozenset[Permission] = frozenset()
    key_id: UUID | None = None
    """The API key used; None when the caller signed in."""
    session_id: UUID | None = None
    """The session; None for a key."""
    scope: Scope = Scope()
    networks: tuple[str, ...] = ()
    """CIDR blocks that the key may be used from; empty: from anywhere. The gateway holds them."""
    limits: RateLimits = RateLimits()

    @field_serializer("permissions")
    def _sort(self, permissions: frozenset[Permission]) -> list[Permission]:
        return sorted(permissions)

    @property
    def subject(self) -> str:
        """A stable name for limits and logs: the key's, or the user's when there is no key."""
        return f"key:{self.key_id}" if self.key_id else f"user:{self.user_id}"


class VerifiedCredential(BaseModel):
    """The auth service's answer to "whose is this?"."""

    model_config = ConfigDict(frozen=True)

    principal: Principal
    expires_at: datetime | None = None
    """When the credential stops being good, UTC; None for a key without expiry."""


class CredentialCheck(BaseModel):
    """The gateway's question to the auth service: POST /internal/credentials/verify."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    credential: SecretStr
    """An API key or an access token, as the client sent it; only its JSON shows it."""

    @field_serializer("credential", when_used="json")
    def _write(self, credential: SecretStr) -> str:
        return credential.get_secret_value()


class FirstRun(BaseModel):
    """What the operator is shown once, on the first start."""

    model_config = ConfigDict(frozen=True)

    username: str
    password: str = Field(repr=False)
    api_key: str = Field(repr=False)
    """A first key of this administrator's."""


class Bootstrap(BaseModel):
    """The auth service's answer to the operator's POST /internal/bootstrap."""

    model_config = ConfigDict(frozen=True)

    first_run: FirstRun | None
    """None: there are users already, and nothing was done."""


class AdministratorReset(BaseModel):
    """The auth service's answer to the operator's POST /internal/administrator/reset."""

    model_config = ConfigDict(frozen=True)

    username: str
    password: str = Field(repr=False)
    """The only one that is good from now on; the administrator's sessions have ended."""


def hash_credential(credential: str) -> str:
    """Return the SHA-256 of a credential in hexadecimal: all that is ever stored of a key.

    Any string has one; half a character (a lone surrogate) is only nobody's credential.
    """
    return hashlib.sha256(credential.encode(errors="surrogatepass")).hexdigest()


def credential_cache_key(credential_hash: str) -> str:
    """Return the cache key under which gateways remember a credential.

    It holds, sealed (`kit/sealedcache.py`), a `VerifiedCredential` as JSON, put with `Cache.add`
    so that a mark is never overwritten, or `REVOKED_MARK`, put by the auth service at revocation.
    """
    return f"credential:{credential_hash}"
