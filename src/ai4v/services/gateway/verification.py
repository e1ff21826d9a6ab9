"""Whose credential is this? Asked of the shared cache, then of the auth service."""

from typing import Final, Protocol

from pydantic import SecretStr, ValidationError

from ai4v.contracts.error import AuthenticationError, PlatformError, ServiceUnavailableError
from ai4v.contracts.identity import (
    CREDENTIAL_CACHE_S,
    REVOKED_MARK,
    CredentialCheck,
    Principal,
    VerifiedCredential,
    credential_cache_key,
    hash_credential,
)
from ai4v.kit.client import ServiceClient
from ai4v.kit.clock import Clock
from ai4v.kit.deadline import Deadline
from ai4v.kit.errorbody import ErrorBody
from ai4v.ports.cache import Cache, CacheUnavailableError
from ai4v.services.gateway.flight import SingleFlight
from ai4v.services.gateway.memory import BriefMemory

_VERIFY_PATH: Final = "/internal/credentials/verify"
_READY_PATH: Final = "/api/v1/auth/health/ready"
_BRIEF_S: Final = 5.0
_BRIEF_ENTRIES: Final = 10_000
_NOT_NOW: Final = "keys cannot be checked now; try again"
_REVOKED: Final = "the key was revoked"
_EXPIRED: Final = "the key has expired"


class CredentialAuthority(Protocol):
    """Knows every credential."""

    async def verify(self, credential: str) -> VerifiedCredential:
        """Return whose `credential` is.

        Raises:
            AuthenticationError: nobody's, revoked, expired.
            ServiceUnavailableError: it cannot be found out now.
        """
        ...


class AuthService:
    """The auth service as an authority.

    Args:
        client: calls it.
        timeout_s: how long it may take.
    """

    def __init__(self, client: ServiceClient, *, timeout_s: float) -> None:
        self._client = client
        self._timeout_s = timeout_s

    async def verify(self, credential: str) -> VerifiedCredential:
        """Ask POST /internal/credentials/verify."""
        question = CredentialCheck(credential=SecretStr(credential))
        try:
            answer = await self._client.post(
                _VERIFY_PATH, question, deadline=Deadline(self._timeout_s)
            )
            status = answer.status_code
            verified = (
                VerifiedCredential.model_validate_json(answer.content) if status == 200 else None
            )
        except (PlatformError, ValidationError) as error:
            raise ServiceUnavailableError(_NOT_NOW) from error
        if status == AuthenticationError.status:
            raise AuthenticationError(_read_message(answer.content))
        if verified is None:
            raise ServiceUnavailableError(_NOT_NOW)
        return verified

    async def check(self) -> None:
        """Return when an instance is ready (a health check)."""
        answer = await self._client.get(_READY_PATH, deadline=Deadline(self._timeout_s))
        if not answer.is_success:
            raise ServiceUnavailableError("the auth service is not ready")


class CredentialVerifier:
    """Remembers what the authority said, where a revocation finds it.

    The shared cache is asked on every request, so that a revoked key is refused at once. While
    the cache is down the authority is asked, at most once in 5 s for a credential that it
    knew; then a revocation may take these 5 s. What the authority refused is refused
    for 5 s without asking again.
    """

    def __init__(self, cache: Cache, authority: CredentialAuthority, clock: Clock) -> None:
        self._cache = cache
        self._authority = authority
        self._clock = clock
        self._flights = SingleFlight[str, VerifiedCredential]()
        self._refused = BriefMemory[str](ttl_s=_BRIEF_S, max_entries=_BRIEF_ENTRIES, clock=clock)
        self._known = BriefMemory[VerifiedCredential](
            ttl_s=_BRIEF_S, max_entries=_BRIEF_ENTRIES, clock=clock
        )

    async def verify(self, credential: str) -> Principal:
        """Return whose `credential` is.

        Raises:
            AuthenticationError: nobody's, revoked, expired.
            ServiceUnavailableError: it is not remembered and the authority cannot be asked.
        """
        digest = hash_credential(credential)
        refusal = self._refused.get(digest)
        if refusal is not None:
            raise AuthenticationError(refusal)
        verified = await self._recall(digest)
        if verified is None:
            verified = await self._flights.run(digest, lambda: self._ask(digest, credential))
        if self._seconds_left(verified) <= 0:
            raise AuthenticationError(_EXPIRED)
        return verified.principal

    async def close(self) -> None:
        """Give up what is being asked."""
        await self._flights.close()

    async def _recall(self, digest: str) -> VerifiedCredential | None:
        try:
            kept = await self._cache.get(credential_cache_key(digest))
        except CacheUnavailableError:
            return self._known.get(digest)
        return None if kept is None else _read_kept(kept)

    async def _ask(self, digest: str, credential: str) -> VerifiedCredential:
        try:
            verified = await self._authority.verify(credential)
        except AuthenticationError as error:
            self._refused.put(digest, error.message)
            raise
        await self._remember(digest, verified)
        return verified

    async def _remember(self, digest: str, verified: VerifiedCredential) -> None:
        ttl_s = min(CREDENTIAL_CACHE_S, self._seconds_left(verified))
        if ttl_s <= 0:
            return
        key = credential_cache_key(digest)
        try:
            is_first = await self._cache.add(key, verified.model_dump_json().encode(), ttl_s=ttl_s)
            kept = None if is_first else await self._cache.get(key)
        except CacheUnavailableError:
            self._known.put(digest, verified)
            return
        if kept == REVOKED_MARK:
            raise AuthenticationError(_REVOKED)

    def _seconds_left(self, verified: VerifiedCredential) -> float:
        if verified.expires_at is None:
            return CREDENTIAL_CACHE_S
        return (verified.expires_at - self._clock.now()).total_seconds()


def _read_kept(kept: bytes) -> VerifiedCredential | None:
    if kept == REVOKED_MARK:
        raise AuthenticationError(_REVOKED)
    try:
        return VerifiedCredential.model_validate_json(kept)
    except ValidationError:
        return None


def _read_message(body: bytes) -> str:
    try:
        return ErrorBody.model_validate_json(body).detail.message
    except ValidationError:
        return "the key is not known"
