"""The use cases of API keys: make, list, revoke, say whose one is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from ai4v.contracts.auth import KeyCreation
from ai4v.contracts.error import AuthenticationError, AuthorizationError, NotFoundError
from ai4v.contracts.identity import Principal, RateLimits, hash_credential
from ai4v.contracts.role import Role
from ai4v.kit.clock import Clock
from ai4v.kit.paging import Cursor, Page
from ai4v.services.auth.account.record import User
from ai4v.services.auth.key.apikey import is_well_formed, mint_key
from ai4v.services.auth.key.record import ApiKey
from ai4v.services.auth.key.repository import KeyRepository
from ai4v.services.auth.refusal import refuse
from ai4v.services.auth.revocation import RevocationMarks

_LONGEST_KEY: Final = timedelta(days=3653)


@dataclass(frozen=True, slots=True)
class KeyParts:
    """What the service works with."""

    repository: KeyRepository
    marks: RevocationMarks
    clock: Clock


class KeyService:
    """API keys.

    Every method raises `DatabaseUnavailableError` when PostgreSQL cannot be reached.
    """

    def __init__(self, parts: KeyParts) -> None:
        self._repository = parts.repository
        self._marks = parts.marks
        self._clock = parts.clock

    async def create(self, owner: Principal, creation: KeyCreation) -> tuple[ApiKey, str]:
        """Make a key; return what is kept of it, and the key.

        Raises:
            ValidationError: it would end in the past, or in more than ten years.
            AuthorizationError: higher limits than the defaults are for administrators to give.
        """
        now = self._clock.now()
        if creation.expires_at and not now < creation.expires_at < now + _LONGEST_KEY:
            refuse("expires_at", "must be in the future, by ten years at most")
        if owner.role is not Role.ADMIN and _is_above_default(creation.limits):
            raise AuthorizationError("limits above the defaults are for administrators to give")
        key, secret = make_key(owner.user_id, creation, now)
        if not await self._repository.add(key):
            raise AuthorizationError("this user is not active")
        return key, secret

    async def page(
        self, asker: Principal, *, is_all: bool, size: int, after: Cursor | None
    ) -> Page[ApiKey]:
        """Return the asker's keys, or everybody's, newest first.

        Raises:
            AuthorizationError: everybody's keys are for administrators to see.
        """
        if is_all and asker.role is not Role.ADMIN:
            raise AuthorizationError("other users' keys are for administrators to see")
        owner_id = None if is_all else asker.user_id
        return await self._repository.page(owner_id, size=size, after=after)

    async def revoke(self, asker: Principal, key_id: UUID) -> None:
        """Revoke a key, the asker's own or, by an administrator, anybody's; twice is no error.

        Raises:
            NotFoundError: there is none, or it is somebody else's.
        """
        owner_id = None if asker.role is Role.ADMIN else asker.user_id
        now = self._clock.now()
        key_hash = await self._repository.revoke(key_id, owner_id=owner_id, now=now)
        if key_hash is None:
            raise NotFoundError("no such key")
        await self._marks.put([key_hash])

    async def find(self, credential: str) -> tuple[ApiKey, User]:
        """Return a good key and its owner.

        Raises:
            AuthenticationError: nobody's, or not good any more.
        """
        now = self._clock.now()
        found = None
        if is_well_formed(credential):
            found = await self._repository.use(hash_credential(credential), now=now)
        if found is None:
            raise AuthenticationError("the API key is not one of ours")
        key, owner = found
        if key.revoked_at is not None or not owner.is_active:
            raise AuthenticationError("the API key has been revoked")
        if key.expires_at is not None and key.expires_at <= now:
            raise AuthenticationError("the API key has expired")
        return key, owner


def make_key(owner_id: UUID, creation: KeyCreation, now: datetime) -> tuple[ApiKey, str]:
    """Return a new key, kept nowhere yet, and its secret."""
    key_id = uuid4()
    secret = mint_key(key_id)
    key = ApiKey(
        id=key_id,
        owner_id=owner_id,
        name=creation.name,
        key_hash=hash_credential(secret),
        limits=creation.limits,
        created_at=now,
        expires_at=creation.expires_at,
    )
    return key, secret


def _is_above_default(limits: RateLimits) -> bool:
    default = RateLimits()
    return (
        limits.per_minute > default.per_minute
        or limits.per_hour > default.per_hour
        or limits.per_day > default.per_day
    )
