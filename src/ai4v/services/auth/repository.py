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
    delete,
    func,
    insert,
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
from ai4v.services.auth.sessionrecord import Session
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
    ended = (
        update(SESSIONS)
        .where(SESSIONS.c.user_id == user_id, SESSIONS.c.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(SESSIONS.c.id)
    )
    ids = (await session.scalars(ended)).all()
    tokens = select(ACCESS_TOKENS.c.token_hash).where(ACCESS_TOKENS.c.session_id.in_(ids))
    return (await session.scalars(tokens)).all()


class AuthRepository:
    """What belongs to no area alone; each method is one transaction, committed on return.

    Every method raises `DatabaseUnavailableError` when PostgreSQL cannot be reached.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_session(self, session: Session, token_hash: str, user: User) -> bool:
        """Insert a session; tell whether the user is active and its password still the known one.

        The user's sessions that have expired are deleted with it.
        """
        now = func.now()
        row = {
            "id": session.id,
            "user_id": user.id,
            "expires_at": session.expires_at,
            "method": "password",
            "created_at": now,
            "last_used_at": now,
        }
        token = {
            "token_hash": token_hash,
            "session_id": session.id,
            "expires_at": session.expires_at,
        }
        async with self._database.transaction() as transaction:
            if not await hold_active(transaction, user.id, user.password_hash):
                return False
            await transaction.execute(
                delete(SESSIONS).where(SESSIONS.c.user_id == user.id, SESSIONS.c.expires_at < now)
            )
            await transaction.execute(insert(SESSIONS).values(row))
            await transaction.execute(insert(ACCESS_TOKENS).values(token))
            return True

    async def find_session_user(self, session_id: UUID) -> User | None:
        """Return whose session it is, unless it was ended."""
        statement = select(SESSIONS.c.user_id).where(
            SESSIONS.c.id == session_id, SESSIONS.c.revoked_at.is_(None)
        )
        async with self._database.transaction() as session:
            user_id = await session.scalar(statement)
            return user_id and await find_user(session, USERS.c.id == user_id)

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
