"""The SQL of users and passwords."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Update, select, update

from ai4v.kit.database.connection import Database
from ai4v.kit.paging import Cursor, Page, take_page
from ai4v.services.auth.account.record import User
from ai4v.services.auth.key.record import ApiKey
from ai4v.services.auth.key.repository import insert_key, revoke_keys
from ai4v.services.auth.repository import end_sessions, find_user, insert_user, page, read_user
from ai4v.services.auth.tables import USERS


class AccountRepository:
    """Rows of `users`; each method is one transaction, committed on return.

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
            if not await insert_user(session, user):
                return False
            await insert_key(session, key)
            return True

    async def add_user(self, user: User) -> bool:
        """Insert a user; tell whether the name was free."""
        async with self._database.transaction() as session:
            return await insert_user(session, user)

    async def find_user(self, username: str) -> User | None:
        """Return the user of that name."""
        async with self._database.transaction() as session:
            return await find_user(session, USERS.c.username == username)

    async def get_user(self, user_id: UUID) -> User | None:
        """Return the user of that id."""
        async with self._database.transaction() as session:
            return await find_user(session, USERS.c.id == user_id)

    async def page_users(self, *, size: int, after: Cursor | None = None) -> Page[User]:
        """Return users, newest first."""
        statement = page(select(USERS), USERS, size, after)
        async with self._database.transaction() as session:
            found = [read_user(row) for row in await session.execute(statement)]
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
            return await end_sessions(session, user.id, now)

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
            return None if user_id is None else await end_sessions(session, user_id, now)

    async def activate(self, user_id: UUID) -> None:
        """Let a user sign in again."""
        async with self._database.transaction() as session:
            await session.execute(_set_active(user_id, is_active=True))

    async def deactivate(self, user_id: UUID, *, now: datetime) -> Sequence[str]:
        """Let a user sign in no more; return the hashes of its keys and tokens, now revoked."""
        async with self._database.transaction() as session:
            await session.execute(_set_active(user_id, is_active=False))
            keys = await revoke_keys(session, user_id, now)
            return [*keys, *await end_sessions(session, user_id, now)]


def _set_active(user_id: UUID, *, is_active: bool) -> Update:
    return update(USERS).where(USERS.c.id == user_id).values(is_active=is_active)
