"""The rows that every area's transactions need: whose user it is, what has lately ended.

A credential is gone when its row says so (`revoked_at`) and not before; what the gateways are told
is derived from these rows. Functions that take a session are part of the caller's transaction.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Table,
    literal,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncSession

from ai4v.contracts.role import Role
from ai4v.kit.database.connection import Database
from ai4v.kit.paging import Cursor
from ai4v.services.auth.account.record import User
from ai4v.services.auth.tables import ACCESS_TOKENS, API_KEYS, SESSIONS, USERS


async def insert_user(session: AsyncSession, user: User) -> bool:
    """Insert a user; tell whether the name, and the address, were free."""
    statement = insert_or(USERS).values(asdict(user)).on_conflict_do_nothing().returning(USERS.c.id)
    return await session.scalar(statement) is not None


async def find_user(session: AsyncSession, condition: ColumnElement[bool]) -> User | None:
    """Return the one user for which `condition` holds."""
    row = (await session.execute(select(USERS).where(condition))).one_or_none()
    return read_user(row) if row else None


async def hold_active(
    session: AsyncSession, user_id: UUID, password_hash: str | None = None
) -> bool:
    """Tell whether a user is active, and keep it from changing until the transaction ends.

    Args:
        session: of the transaction.
        user_id: whose row.
        password_hash: that the row must still have; None: whichever.
    """
    statement = select(USERS.c.id).where(USERS.c.id == user_id, USERS.c.is_active)
    if password_hash is not None:
        statement = statement.where(USERS.c.password_hash == password_hash)
    return await session.scalar(statement.with_for_update(read=True)) is not None


def read_user(row: Row[*tuple[object, ...]]) -> User:
    """Make a user of a row of USERS."""
    return User(
        row.id,
        row.username,
        row.password_hash,
        Role(row.role),
        row.is_active,
        row.created_at,
        row.email,
        row.email_verified_at,
    )


def page(
    statement: Select[*tuple[object, ...]], table: Table, size: int, after: Cursor | None
) -> Select[*tuple[object, ...]]:
    """Narrow `statement` to a page of `table`, newest first, and one row more."""
    place = tuple_(table.c.created_at, table.c.id)
    if after is not None:
        statement = statement.where(place < tuple_(literal(after.at), literal(after.row_id)))
    return statement.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(size + 1)


async def end_sessions(session: AsyncSession, user_id: UUID, now: datetime) -> Sequence[str]:
    """End all sessions of a user; return the hashes of their access tokens."""
    return await end_sessions_where(session, SESSIONS.c.user_id == user_id, now)


async def end_sessions_where(
    session: AsyncSession, condition: ColumnElement[bool], now: datetime
) -> Sequence[str]:
    """End the sessions for which `condition` holds.

    Returns:
        Hashes of their access tokens that had not expired, to be marked after the commit.
    """
    ended = (
        update(SESSIONS)
        .where(condition, SESSIONS.c.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(SESSIONS.c.id)
    )
    ids = (await session.scalars(ended)).all()
    tokens = select(ACCESS_TOKENS.c.token_hash).where(
        ACCESS_TOKENS.c.session_id.in_(ids), ACCESS_TOKENS.c.expires_at > now
    )
    return (await session.scalars(tokens)).all() if ids else ()


class AuthRepository:
    """What belongs to no area alone; each method is one transaction, committed on return.

    Every method raises `DatabaseUnavailableError` when PostgreSQL cannot be reached.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_token_user(self, token_hash: str) -> User | None:
        """Return whose access token it is: one that we handed out, of a session that stands."""
        statement = (
            select(USERS)
            .join(SESSIONS, SESSIONS.c.user_id == USERS.c.id)
            .join(ACCESS_TOKENS, ACCESS_TOKENS.c.session_id == SESSIONS.c.id)
            .where(ACCESS_TOKENS.c.token_hash == token_hash, SESSIONS.c.revoked_at.is_(None))
        )
        async with self._database.transaction() as session:
            row = (await session.execute(statement)).one_or_none()
        return read_user(row) if row else None

    async def list_revoked(self, *, since: datetime) -> Sequence[str]:
        """Return the hashes of keys and tokens revoked since then."""
        keys = select(API_KEYS.c.key_hash).where(API_KEYS.c.revoked_at >= since)
        tokens = (
            select(ACCESS_TOKENS.c.token_hash)
            .join(SESSIONS, SESSIONS.c.id == ACCESS_TOKENS.c.session_id)
            .where(SESSIONS.c.revoked_at >= since)
        )
        async with self._database.transaction() as session:
            return (await session.scalars(union_all(keys, tokens))).all()
