"""Users, keys and sessions in PostgreSQL.

A credential is gone when its row says so (`revoked_at`) and not before; what the gateways are told
is derived from these rows.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Table,
    Update,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncSession

from ai4v.contracts.identity import RateLimits
from ai4v.contracts.role import Role
from ai4v.kit.database.connection import Database
from ai4v.kit.paging import Cursor, Page, take_page
from ai4v.services.auth.account import ApiKey, Session, User
from ai4v.services.auth.tables import API_KEYS, SESSIONS, USERS

USE_GRAIN: Final = timedelta(minutes=10)
"""How far behind `last_used_at` may be: a write for every use would cost more than it tells."""


class AuthRepository:
    """Rows of the schema `auth`; each method is one transaction, committed on return.

    Every method raises `DatabaseUnavailableError` when PostgreSQL cannot be reached.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def bootstrap(self, user: User, key: ApiKey) -> bool:
        """Insert the first user and key, unless there is a user; tell whether it did.

        Of two that do it at once, the second waits for the first and then finds the name taken.
        """
        async with self._database.transaction() as session:
            if await session.scalar(select(USERS.c.id).limit(1)) is not None:
                return False
            if not await _insert_user(session, user):
                return False
            await _insert_key(session, key)
            return True

    async def add_user(self, user: User) -> bool:
        """Insert a user; tell whether the name was free."""
        async with self._database.transaction() as session:
            return await _insert_user(session, user)

    async def find_user(self, username: str) -> User | None:
        """Return the user of that name."""
        async with self._database.transaction() as session:
            return await _find_user(session, USERS.c.username == username)

    async def get_user(self, user_id: UUID) -> User | None:
        """Return the user of that id."""
        async with self._database.transaction() as session:
            return await _find_user(session, USERS.c.id == user_id)

    async def page_users(self, *, size: int, after: Cursor | None = None) -> Page[User]:
        """Return users, newest first."""
        statement = _page(select(USERS), USERS, size, after)
        async with self._database.transaction() as session:
            found = [_user(row) for row in await session.execute(statement)]
        return take_page(found, size, lambda user: Cursor(user.created_at, user.id))

    async def set_password(
        self, user: User, password_hash: str, *, now: datetime
    ) -> Sequence[str] | None:
        """Give `user` another password if it still has the known one, and end its sessions.

        Returns:
            Hashes of the tokens that are no longer good; None when the password had changed.
        """
        statement = (
            update(USERS)
            .where(USERS.c.id == user.id, USERS.c.password_hash == user.password_hash)
            .values(password_hash=password_hash)
            .returning(USERS.c.id)
        )
        async with self._database.transaction() as session:
            if await session.scalar(statement) is None:
                return None
            return await _revoke_sessions(session, user.id, now)

    async def reset_user(
        self, username: str, password_hash: str, *, now: datetime
    ) -> Sequence[str] | None:
        """Give a user another password, make it active, and end its sessions.

        Returns:
            Hashes of the tokens that are no longer good; None when there is no such user.
        """
        statement = (
            update(USERS)
            .where(USERS.c.username == username)
            .values(password_hash=password_hash, is_active=True)
            .returning(USERS.c.id)
        )
        async with self._database.transaction() as session:
            user_id = await session.scalar(statement)
            return None if user_id is None else await _revoke_sessions(session, user_id, now)

    async def activate(self, user_id: UUID) -> None:
        """Let a user sign in again."""
        async with self._database.transaction() as session:
            await session.execute(_set_active(user_id, is_active=True))

    async def deactivate(self, user_id: UUID, *, now: datetime) -> Sequence[str]:
        """Let a user sign in no more; return the hashes of its keys and tokens, now revoked."""
        statement = (
            update(API_KEYS)
            .where(API_KEYS.c.owner_id == user_id, API_KEYS.c.revoked_at.is_(None))
            .values(revoked_at=now)
            .returning(API_KEYS.c.key_hash)
        )
        async with self._database.transaction() as session:
            await session.execute(_set_active(user_id, is_active=False))
            keys = (await session.scalars(statement)).all()
            return [*keys, *await _revoke_sessions(session, user_id, now)]

    async def add_key(self, key: ApiKey) -> bool:
        """Insert a key; tell whether its owner is active."""
        async with self._database.transaction() as session:
            if not await _hold_active(session, key.owner_id):
                return False
            await _insert_key(session, key)
            return True

    async def use_key(self, key_hash: str, *, now: datetime) -> tuple[ApiKey, User] | None:
        """Return a key, good or not, and its owner; note that it was used."""
        is_due = or_(API_KEYS.c.last_used_at.is_(None), API_KEYS.c.last_used_at < now - USE_GRAIN)
        is_it = API_KEYS.c.key_hash == key_hash
        async with self._database.transaction() as session:
            await session.execute(update(API_KEYS).where(is_it, is_due).values(last_used_at=now))
            row = (await session.execute(select(API_KEYS).where(is_it))).one_or_none()
            owner = row and await _find_user(session, USERS.c.id == row.owner_id)
            return (_key(row), owner) if row and owner else None

    async def page_keys(
        self, owner_id: UUID | None, *, size: int, after: Cursor | None = None
    ) -> Page[ApiKey]:
        """Return keys of an owner, or everybody's for None; newest first."""
        statement = select(API_KEYS)
        if owner_id is not None:
            statement = statement.where(API_KEYS.c.owner_id == owner_id)
        async with self._database.transaction() as session:
            rows = await session.execute(_page(statement, API_KEYS, size, after))
            found = [_key(row) for row in rows]
        return take_page(found, size, lambda key: Cursor(key.created_at, key.id))

    async def revoke_key(self, key_id: UUID, *, owner_id: UUID | None, now: datetime) -> str | None:
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

    async def add_session(self, session: Session, token_hash: str, user: User) -> bool:
        """Insert a session; tell whether the user is active and its password still the known one.

        The user's sessions that have expired are deleted with it.
        """
        now = func.now()
        row = {
            "id": session.id,
            "user_id": user.id,
            "token_hash": token_hash,
            "expires_at": session.expires_at,
        }
        async with self._database.transaction() as transaction:
            if not await _hold_active(transaction, user.id, user.password_hash):
                return False
            await transaction.execute(
                delete(SESSIONS).where(SESSIONS.c.user_id == user.id, SESSIONS.c.expires_at < now)
            )
            await transaction.execute(insert(SESSIONS).values(row))
            return True

    async def find_session_user(self, session_id: UUID) -> User | None:
        """Return whose session it is, unless it was ended."""
        statement = select(SESSIONS.c.user_id).where(
            SESSIONS.c.id == session_id, SESSIONS.c.revoked_at.is_(None)
        )
        async with self._database.transaction() as session:
            user_id = await session.scalar(statement)
            return user_id and await _find_user(session, USERS.c.id == user_id)

    async def list_revoked(self, *, since: datetime) -> Sequence[str]:
        """Return the hashes of keys and tokens revoked since then."""
        keys = select(API_KEYS.c.key_hash).where(API_KEYS.c.revoked_at >= since)
        tokens = select(SESSIONS.c.token_hash).where(SESSIONS.c.revoked_at >= since)
        async with self._database.transaction() as session:
            return (await session.scalars(union_all(keys, tokens))).all()


async def _insert_user(session: AsyncSession, user: User) -> bool:
    statement = (
        insert_or(USERS)
        .values(asdict(user))
        .on_conflict_do_nothing(index_elements=[USERS.c.username])
        .returning(USERS.c.id)
    )
    return await session.scalar(statement) is not None


async def _find_user(session: AsyncSession, condition: ColumnElement[bool]) -> User | None:
    row = (await session.execute(select(USERS).where(condition))).one_or_none()
    return _user(row) if row else None


async def _hold_active(
    session: AsyncSession, user_id: UUID, password_hash: str | None = None
) -> bool:
    """Tell whether a user is active, and keep it from changing until the transaction ends."""
    statement = select(USERS.c.id).where(USERS.c.id == user_id, USERS.c.is_active)
    if password_hash is not None:
        statement = statement.where(USERS.c.password_hash == password_hash)
    return await session.scalar(statement.with_for_update(read=True)) is not None


def _set_active(user_id: UUID, *, is_active: bool) -> Update:
    return update(USERS).where(USERS.c.id == user_id).values(is_active=is_active)


async def _revoke_sessions(session: AsyncSession, user_id: UUID, now: datetime) -> Sequence[str]:
    statement = (
        update(SESSIONS)
        .where(SESSIONS.c.user_id == user_id, SESSIONS.c.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(SESSIONS.c.token_hash)
    )
    return (await session.scalars(statement)).all()


async def _insert_key(session: AsyncSession, key: ApiKey) -> None:
    await session.execute(
        insert(API_KEYS).values(
            id=key.id,
            owner_id=key.owner_id,
            name=key.name,
            key_hash=key.key_hash,
            created_at=key.created_at,
            expires_at=key.expires_at,
            **key.limits.model_dump(),
        )
    )


def _page(
    statement: Select[*tuple[object, ...]], table: Table, size: int, after: Cursor | None
) -> Select[*tuple[object, ...]]:
    place = tuple_(table.c.created_at, table.c.id)
    if after is not None:
        statement = statement.where(place < tuple_(literal(after.at), literal(after.row_id)))
    return statement.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(size + 1)


def _user(row: Row[*tuple[object, ...]]) -> User:
    return User(
        row.id, row.username, row.password_hash, Role(row.role), row.is_active, row.created_at
    )


def _key(row: Row[*tuple[object, ...]]) -> ApiKey:
    return ApiKey(
        row.id,
        row.owner_id,
        row.name,
        row.key_hash,
        RateLimits(per_minute=row.per_minute, per_hour=row.per_hour, per_day=row.per_day),
        row.created_at,
        row.expires_at,
        row.revoked_at,
        row.last_used_at,
    )
