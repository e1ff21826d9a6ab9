"""The SQL of API keys."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Row, Select, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ai4v.contracts.identity import RateLimits, Scope
from ai4v.contracts.permission import USING, Permission
from ai4v.kit.database.connection import Database
from ai4v.kit.paging import Cursor, Page, take_page
from ai4v.services.auth.account.record import User
from ai4v.services.auth.audit.actor import Actor
from ai4v.services.auth.audit.entry import Action, Entry
from ai4v.services.auth.audit.repository import record
from ai4v.services.auth.key.record import ApiKey
from ai4v.services.auth.repository import find_user, hold_active, page
from ai4v.services.auth.tables import API_KEYS, USERS

USE_GRAIN: Final = timedelta(minutes=10)
"""How far behind `last_used_at` may be: a write for every use would cost more than it tells."""
_PERMISSIONS: Final = frozenset(Permission)


class KeyRepository:
    """Rows of `api_keys`; each method is one transaction, committed on return.

    Every method raises `DatabaseUnavailableError` when PostgreSQL cannot be reached.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, key: ApiKey, actor: Actor) -> bool:
        """Insert a key; tell whether its owner is active."""
        entry = Entry(Action.KEY_CREATE, f"key:{key.id}", after=describe_key(key))
        async with self._database.transaction() as session:
            if not await hold_active(session, key.owner_id):
                return False
            await insert_key(session, key)
            await record(session, actor, entry)
            return True

    async def get(self, key_id: UUID, *, owner_id: UUID | None) -> ApiKey | None:
        """Return a key, of that owner unless None."""
        async with self._database.transaction() as session:
            row = (await session.execute(_find(key_id, owner_id))).one_or_none()
        return read_key(row) if row else None

    async def use(self, key_hash: str, *, now: datetime) -> tuple[ApiKey, User] | None:
        """Return a key, good or not, and its owner; note that it was used."""
        is_due = or_(API_KEYS.c.last_used_at.is_(None), API_KEYS.c.last_used_at < now - USE_GRAIN)
        is_it = API_KEYS.c.key_hash == key_hash
        async with self._database.transaction() as session:
            await session.execute(update(API_KEYS).where(is_it, is_due).values(last_used_at=now))
            row = (await session.execute(select(API_KEYS).where(is_it))).one_or_none()
            owner = row and await find_user(session, USERS.c.id == row.owner_id)
            return (read_key(row), owner) if row and owner else None

    async def page(
        self, owner_id: UUID | None, *, size: int, after: Cursor | None = None
    ) -> Page[ApiKey]:
        """Return keys of an owner, or everybody's for None; newest first."""
        statement = select(API_KEYS)
        if owner_id is not None:
            statement = statement.where(API_KEYS.c.owner_id == owner_id)
        async with self._database.transaction() as session:
            rows = await session.execute(page(statement, API_KEYS, size, after))
            found = [read_key(row) for row in rows]
        return take_page(found, size, lambda key: Cursor(key.created_at, key.id))

    async def change(
        self,
        key_id: UUID,
        change: Callable[[ApiKey], ApiKey],
        actor: Actor,
        *,
        owner_id: UUID,
    ) -> ApiKey | None:
        """Change a key of that owner as `change` says; return it as it is then."""
        async with self._database.transaction() as session:
            row = (await session.execute(_find(key_id, owner_id).with_for_update())).one_or_none()
            if row is None:
                return None
            old = read_key(row)
            new = change(old)
            await _update(session, new)
            before, after = describe_key(old), describe_key(new)
            changed = [name for name in after if before[name] != after[name]]
            entry = Entry(
                Action.KEY_UPDATE,
                f"key:{key_id}",
                before={name: before[name] for name in changed},
                after={name: after[name] for name in changed},
            )
            await record(session, actor, entry)
            return new

    async def rotate(
        self,
        key_id: UUID,
        succeed: Callable[[ApiKey], tuple[ApiKey, ApiKey]],
        actor: Actor,
        *,
        owner_id: UUID,
    ) -> tuple[ApiKey, ApiKey] | None:
        """Have a key succeeded by another; return both, None when the owner has no such key."""
        async with self._database.transaction() as session:
            row = (await session.execute(_find(key_id, owner_id).with_for_update())).one_or_none()
            if row is None or not await hold_active(session, owner_id):
                return None
            before = read_key(row)
            old, new = succeed(before)
            await _update(session, old)
            await insert_key(session, new)
            entry = Entry(
                Action.KEY_ROTATE,
                f"key:{key_id}",
                before={"expires_at": _time(before.expires_at)},
                after={"expires_at": _time(old.expires_at), "replaced_by": str(new.id)},
            )
            await record(session, actor, entry)
            return old, new

    async def revoke(
        self, key_id: UUID, actor: Actor, *, owner_id: UUID, now: datetime
    ) -> str | None:
        """Revoke a key of that owner; return its hash, or None when there is none."""
        async with self._database.transaction() as session:
            row = (await session.execute(_find(key_id, owner_id).with_for_update())).one_or_none()
            if row is None:
                return None
            key = read_key(row)
            if key.revoked_at is None:
                is_it = API_KEYS.c.id == key_id
                await session.execute(update(API_KEYS).where(is_it).values(revoked_at=now))
                entry = Entry(Action.KEY_REVOKE, f"key:{key_id}", before=describe_key(key))
                await record(session, actor, entry)
            return key.key_hash


async def insert_key(session: AsyncSession, key: ApiKey) -> None:
    """Insert a key, in the caller's transaction."""
    fixed = {
        "id": key.id,
        "owner_id": key.owner_id,
        "key_hash": key.key_hash,
        "created_at": key.created_at,
        "permissions": sorted(key.permissions),
        "replaces_id": key.replaces_id,
    }
    await session.execute(insert(API_KEYS).values(fixed | _changeable(key)))


async def revoke_keys(session: AsyncSession, owner_id: UUID, now: datetime) -> Sequence[str]:
    """Revoke all keys of a user, in the caller's transaction; return their hashes."""
    statement = (
        update(API_KEYS)
        .where(API_KEYS.c.owner_id == owner_id, API_KEYS.c.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(API_KEYS.c.key_hash)
    )
    return (await session.scalars(statement)).all()


def read_key(row: Row[*tuple[object, ...]]) -> ApiKey:
    """Make a key of a row of API_KEYS.

    A permission that there is no more is left out; none at all was said by nobody: `USING`.
    """
    known = frozenset(Permission(name) for name in row.permissions if name in _PERMISSIONS)
    return ApiKey(
        row.id,
        row.owner_id,
        row.name,
        row.key_hash,
        RateLimits.model_validate(row, from_attributes=True),
        row.created_at,
        row.expires_at,
        row.revoked_at,
        row.last_used_at,
        permissions=known if row.permissions else USING,
        scope=Scope.model_validate(row, from_attributes=True),
        networks=tuple(row.networks),
        replaces_id=row.replaces_id,
    )


def describe_key(key: ApiKey) -> Mapping[str, JsonValue]:
    """Return what the audit log says of a key."""
    return {
        "owner": str(key.owner_id),
        "name": key.name,
        "permissions": [permission.value for permission in sorted(key.permissions)],
        "limits": key.limits.model_dump(mode="json"),
        "scope": key.scope.model_dump(mode="json"),
        "networks": list(key.networks),
        "expires_at": _time(key.expires_at),
    }


async def _update(session: AsyncSession, key: ApiKey) -> None:
    statement = update(API_KEYS).where(API_KEYS.c.id == key.id).values(_changeable(key))
    await session.execute(statement)


def _changeable(key: ApiKey) -> dict[str, object]:
    return {
        "name": key.name,
        "expires_at": key.expires_at,
        "networks": list(key.networks),
        **key.limits.model_dump(),
        **{name: list(values) for name, values in key.scope.model_dump().items()},
    }


def _find(key_id: UUID, owner_id: UUID | None) -> Select[*tuple[object, ...]]:
    statement = select(API_KEYS).where(API_KEYS.c.id == key_id)
    return statement if owner_id is None else statement.where(API_KEYS.c.owner_id == owner_id)


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
