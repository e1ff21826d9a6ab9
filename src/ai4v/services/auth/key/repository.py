"""The SQL of API keys."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Row, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ai4v.contracts.identity import RateLimits, Scope
from ai4v.contracts.permission import USING, Permission
from ai4v.kit.database.connection import Database
from ai4v.kit.paging import Cursor, Page, take_page
from ai4v.services.auth.account.record import User
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

    async def add(self, key: ApiKey) -> bool:
        """Insert a key; tell whether its owner is active."""
        async with self._database.transaction() as session:
            if not await hold_active(session, key.owner_id):
                return False
            await insert_key(session, key)
            return True

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

    async def revoke(self, key_id: UUID, *, owner_id: UUID | None, now: datetime) -> str | None:
        """Revoke a key, of that owner unless None; return its hash, or None when there is none."""
        statement = update(API_KEYS).where(API_KEYS.c.id == key_id)
        if owner_id is not None:
            statement = statement.where(API_KEYS.c.owner_id == owner_id)
        revoked_at = func.coalesce(API_KEYS.c.revoked_at, now)
        async with self._database.transaction() as session:
            key_hash: str | None = await session.scalar(
                statement.values(revoked_at=revoked_at).returning(API_KEYS.c.key_hash)
            )
            return key_hash


async def insert_key(session: AsyncSession, key: ApiKey) -> None:
    """Insert a key, in the caller's transaction."""
    await session.execute(
        insert(API_KEYS).values(
            id=key.id,
            owner_id=key.owner_id,
            name=key.name,
            key_hash=key.key_hash,
            created_at=key.created_at,
            expires_at=key.expires_at,
            permissions=sorted(key.permissions),
            networks=list(key.networks),
            **key.limits.model_dump(),
            **{name: list(values) for name, values in key.scope.model_dump().items()},
        )
    )


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
    )
