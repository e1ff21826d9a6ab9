"""The use cases of API keys: make, change, rotate, list, revoke, say whose one is."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from ai4v.contracts.apikey import KeyCreation, KeyRotation, KeyUpdate
from ai4v.contracts.error import AuthenticationError, AuthorizationError, NotFoundError
from ai4v.contracts.identity import Principal, RateLimits, hash_credential
from ai4v.contracts.permission import Permission
from ai4v.kit.clock import Clock
from ai4v.kit.keyform import is_well_formed
from ai4v.kit.paging import Cursor, Page
from ai4v.services.auth.account.record import User
from ai4v.services.auth.audit.actor import Actor
from ai4v.services.auth.key.apikey import mint_key
from ai4v.services.auth.key.bound import (
    check_scope,
    choose_permissions,
    exceeds,
    inherit,
    require_no_more,
    size,
)
from ai4v.services.auth.key.record import ApiKey
from ai4v.services.auth.key.repository import KeyRepository
from ai4v.services.auth.refusal import refuse
from ai4v.services.auth.revocation import RevocationMarks
from ai4v.services.auth.role.service import RoleService

_LONGEST_KEY: Final = timedelta(days=3653)


@dataclass(frozen=True, slots=True)
class KeyParts:
    """What the service works with."""

    repository: KeyRepository
    roles: RoleService
    marks: RevocationMarks
    clock: Clock


class KeyService:
    """API keys.

    Who may manage everybody's keys finds them all, and changes those of users who may do no more
    than they; a key that is somebody else's is not found by anybody else. Every method raises
    `DatabaseUnavailableError` when PostgreSQL cannot be reached.
    """

    def __init__(self, parts: KeyParts) -> None:
        self._repository = parts.repository
        self._roles = parts.roles
        self._marks = parts.marks
        self._clock = parts.clock

    async def create(
        self, owner: Principal, creation: KeyCreation, actor: Actor
    ) -> tuple[ApiKey, str]:
        """Make a key; return what is kept of it, and the key.

        Raises:
            ValidationError: it would end in the past, or in more than ten years; or be for a
                service that there is not.
            AuthorizationError: it could do more than its maker, or more often than the default.
        """
        maker = await self._own_key(owner)
        if maker is not None:
            creation = inherit(creation, maker)
        self._check_end(creation.expires_at)
        _check_limits(creation.limits, RateLimits(), owner)
        permissions = choose_permissions(creation.permissions, owner)
        key, secret = make_key(owner.user_id, creation, self._clock.now())
        key = replace(key, permissions=permissions, scope=check_scope(creation.scope))
        if maker is not None:
            require_no_more(key, maker)
        if not await self._repository.add(key, actor):
            raise AuthorizationError("this user is not active")
        return key, secret

    async def get(self, asker: Principal, key_id: UUID) -> ApiKey:
        """Return a key.

        Raises:
            NotFoundError: there is none, or it is somebody else's.
        """
        key = await self._repository.get(key_id, owner_id=_scope_owner(asker))
        if key is None:
            raise NotFoundError("no such key")
        return key

    async def page(
        self, asker: Principal, *, is_all: bool, size: int, after: Cursor | None
    ) -> Page[ApiKey]:
        """Return the asker's keys, or everybody's, newest first.

        Raises:
            AuthorizationError: everybody's keys are not for everybody to see.
        """
        if is_all and not _manages_all(asker):
            raise AuthorizationError(f"this needs the permission {Permission.KEY_MANAGE_ANY}")
        owner_id = None if is_all else asker.user_id
        return await self._repository.page(owner_id, size=size, after=after)

    async def update(
        self, asker: Principal, key_id: UUID, update: KeyUpdate, actor: Actor
    ) -> ApiKey:
        """Change a good key; gateways hear of it at once.

        Raises:
            NotFoundError: there is none, or it is somebody else's.
            ValidationError: it would end later than now said, or has ended.
            AuthorizationError: it could do more than the key that asks, or more often than the
                default; or its owner may do more than who asks.
        """
        maker = await self._own_key(asker)
        owner_id = await self._find_owner(asker, key_id)

        def change(key: ApiKey) -> ApiKey:
            self._require_good(key)
            changed = self._apply(key, update, asker)
            if maker is not None:
                require_no_more(changed, maker)
            return changed

        key = await self._repository.change(key_id, change, actor, owner_id=owner_id)
        if key is None:
            raise NotFoundError("no such key")
        await self._marks.put_stale([key.key_hash])
        return key

    async def rotate(
        self, owner: Principal, key_id: UUID, rotation: KeyRotation, actor: Actor
    ) -> tuple[ApiKey, str]:
        """Make a key like one of the asker's own, which ends when the overlap is over.

        Only the owner does that, whatever others may manage: who has the new key is its owner.

        Raises:
            NotFoundError: there is none, or it is somebody else's.
            ValidationError: it has ended.
            AuthorizationError: it does more than the key that asks.
        """
        maker = await self._own_key(owner)
        now = self._clock.now()
        new_id = uuid4()
        secret = mint_key(new_id)

        def succeed(old: ApiKey) -> tuple[ApiKey, ApiKey]:
            self._require_good(old)
            if maker is not None:
                require_no_more(old, maker)
            new = replace(
                old,
                id=new_id,
                key_hash=hash_credential(secret),
                created_at=now,
                last_used_at=None,
                replaces_id=old.id,
            )
            end = now + timedelta(seconds=rotation.overlap_s)
            return replace(old, expires_at=min(end, old.expires_at or end)), new

        pair = await self._repository.rotate(key_id, succeed, actor, owner_id=owner.user_id)
        if pair is None:
            raise NotFoundError("no such key")
        old, new = pair
        await self._marks.put_stale([old.key_hash])
        return new, secret

    async def revoke(self, asker: Principal, key_id: UUID, actor: Actor) -> None:
        """Revoke a key; twice is no error.

        Raises:
            NotFoundError: there is none, or it is somebody else's.
            AuthorizationError: its owner may do more than who asks.
        """
        owner_id = await self._find_owner(asker, key_id)
        now = self._clock.now()
        key_hash = await self._repository.revoke(key_id, actor, owner_id=owner_id, now=now)
        if key_hash is None:
            raise NotFoundError("no such key")
        await self._marks.put([key_hash])

    async def find(self, credential: str) -> tuple[ApiKey, User]:
        """Return a good key and its owner.

        No secrets are compared here, so none can leak by how long it takes: the database looks up
        the SHA-256 of what was sent, of which nobody can choose the first digits, and a secret of
        256 bits cannot be found by trying.

        Raises:
            AuthenticationError: nobody's, or not good any more.
        """
        found = None
        if is_well_formed(credential):
            found = await self._repository.use(hash_credential(credential), now=self._clock.now())
        if found is None:
            raise AuthenticationError("the API key is not one of ours")
        key, owner = found
        if key.revoked_at is not None or not owner.is_active:
            raise AuthenticationError("the API key has been revoked")
        if self._has_ended(key):
            raise AuthenticationError("the API key has expired")
        return key, owner

    async def _find_owner(self, asker: Principal, key_id: UUID) -> UUID:
        """Return whose key it is that the asker is about to change."""
        owner_id = (await self.get(asker, key_id)).owner_id
        await self._roles.check_rank(asker, owner_id)
        return owner_id

    async def _own_key(self, asker: Principal) -> ApiKey | None:
        """Return the key that asks, as far as it goes at the moment; None: a user asks."""
        if asker.key_id is None:
            return None
        key = await self._repository.get(asker.key_id, owner_id=asker.user_id)
        if key is None:
            raise AuthorizationError("the key that asks is not its owner's any more")
        return replace(key, permissions=key.permissions & asker.permissions)

    def _apply(self, key: ApiKey, update: KeyUpdate, asker: Principal) -> ApiKey:
        if update.name is not None:
            key = replace(key, name=update.name)
        if update.scope is not None:
            said = check_scope(update.scope).model_dump(include=update.scope.model_fields_set)
            key = replace(key, scope=key.scope.model_copy(update=said))
        if update.networks is not None:
            key = replace(key, networks=update.networks)
        if update.limits is not None:
            limits = key.limits.model_copy(update=update.limits.model_dump(exclude_unset=True))
            _check_limits(limits, key.limits, asker)
            key = replace(key, limits=limits)
        if update.expires_at is not None:
            self._check_end(update.expires_at)
            if key.expires_at is not None and update.expires_at > key.expires_at:
                refuse("expires_at", "may come nearer, not go further away")
            key = replace(key, expires_at=update.expires_at)
        return key

    def _check_end(self, expires_at: datetime | None) -> None:
        now = self._clock.now()
        if expires_at and not now < expires_at < now + _LONGEST_KEY:
            refuse("expires_at", "must be in the future, by ten years at most")

    def _require_good(self, key: ApiKey) -> None:
        if key.revoked_at is not None or self._has_ended(key):
            refuse("key_id", "is that of a key that has ended")

    def _has_ended(self, key: ApiKey) -> bool:
        return key.expires_at is not None and key.expires_at <= self._clock.now()


def make_key(owner_id: UUID, creation: KeyCreation, now: datetime) -> tuple[ApiKey, str]:
    """Return a new key, kept nowhere yet, and its secret."""
    key_id = uuid4()
    secret = mint_key(key_id)
    key = ApiKey(
        id=key_id,
        owner_id=owner_id,
        name=creation.name,
        key_hash=hash_credential(secret),
        limits=RateLimits.model_validate(creation.limits.model_dump()),
        created_at=now,
        expires_at=creation.expires_at,
        networks=creation.networks,
    )
    return key, secret


def _manages_all(asker: Principal) -> bool:
    return Permission.KEY_MANAGE_ANY in asker.permissions


def _scope_owner(asker: Principal) -> UUID | None:
    return None if _manages_all(asker) else asker.user_id


def _check_limits(asked: RateLimits, had: RateLimits, asker: Principal) -> None:
    default = RateLimits().model_dump()
    most = {name: max(value, default[name], key=size) for name, value in had.model_dump().items()}
    if exceeds(asked, RateLimits.model_validate(most)) and not _manages_all(asker):
        raise AuthorizationError(
            f"limits above the defaults need the permission {Permission.KEY_MANAGE_ANY}"
        )
