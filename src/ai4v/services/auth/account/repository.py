"""The SQL of users and passwords."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ai4v.contracts.role import Role
from ai4v.kit.database.connection import Database
from ai4v.kit.paging import Cursor, Page, take_page
from ai4v.services.auth.account.record import User
from ai4v.services.auth.audit.actor import Actor
from ai4v.services.auth.audit.entry import Action, Entry
from ai4v.services.auth.audit.repository import record
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

    async def bootstrap(self, user: User, key: ApiKey, actor: Actor) -> bool:
        """Insert the first user and key, unless there is a user; tell whether it did.

        Of two that do it at once, the second waits for the first and then finds the name taken.
        """
        async with self._database.transaction() as session:
            if await session.scalar(select(USERS.c.id).limit(1)) is not None:
                return False
            if not await insert_user(session, user):
                return False
            await insert_key(session, key)
            await record(session, actor, Entry(Action.PLATFORM_BOOTSTRAP, f"user:{user.id}"))
            return True

    async def add_user(self, user: User, actor: Actor) -> str | None:
        """Insert a user; return which of its fields is another's: `username`, `email` or none."""
        entry = Entry(Action.USER_CREATE, f"user:{user.id}", after=_show(user))
        async with self._database.transaction() as session:
            if await insert_user(session, user):
                await record(session, actor, entry)
                return None
            owner = await find_user(session, USERS.c.username == user.username)
            return "username" if owner else "email"

    async def find_user(self, username: str) -> User | None:
        """Return the user of that name."""
        async with self._database.transaction() as session:
            return await find_user(session, USERS.c.username == username)

    async def get_user(self, user_id: UUID) -> User | None:
        """Return the user of that id."""
        async with self._database.transaction() as session:
            return await find_user(session, USERS.c.id == user_id)

    async def page_users(
        self, *, username: str | None, size: int, after: Cursor | None
    ) -> Page[User]:
        """Return users, newest first; those of a name, unless it is None."""
        statement = page(select(USERS), USERS, size, after)
        if username is not None:
            statement = statement.where(USERS.c.username == username)
        async with self._database.transaction() as session:
            found = [read_user(row) for row in await session.execute(statement)]
        return take_page(found, size, lambda user: Cursor(user.created_at, user.id))

    async def replace_hash(self, user: User, password_hash: str) -> bool:
        """Keep the same password in another form, if it is still the known one; tell whether."""
        async with self._database.transaction() as session:
            return await _put_hash(session, user, password_hash)

    async def set_password(
        self, user: User, password_hash: str, actor: Actor, *, now: datetime
    ) -> Sequence[str] | None:
        """Give `user` another password if it still has the known one, and end its sessions.

        Returns:
            Hashes of the tokens that are no longer good; None when the password had changed.
        """
        async with self._database.transaction() as session:
            if not await _put_hash(session, user, password_hash):
                return None
            ended = await end_sessions(session, user.id, now)
            await record(session, actor, Entry(Action.PASSWORD_CHANGE, f"user:{user.id}"))
            return ended

    async def reset_user(
        self, username: str, password_hash: str, actor: Actor, *, now: datetime
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
            if user_id is None:
                return None
            ended = await end_sessions(session, user_id, now)
            await record(session, actor, Entry(Action.ADMINISTRATOR_RESET, f"user:{user_id}"))
            return ended

    async def activate(self, user_id: UUID, actor: Actor) -> None:
        """Let a user sign in again."""
        async with self._database.transaction() as session:
            was_active = await _set_active(session, user_id, is_active=True)
            await record(session, actor, _tell(user_id, was_active=was_active, is_active=True))

    async def deactivate(
        self, user_id: UUID, actor: Actor, *, now: datetime
    ) -> Sequence[str] | None:
        """Let a user sign in no more, unless it is the last administrator who may.

        Returns:
            Hashes of its keys and tokens, now revoked; None: nothing was done.
        """
        administrators = (
            select(USERS.c.id)
            .where(USERS.c.role == Role.ADMIN, USERS.c.is_active)
            .order_by(USERS.c.id)
            .with_for_update()
        )
        async with self._database.transaction() as session:
            if list(await session.scalars(administrators)) == [user_id]:
                return None
            was_active = await _set_active(session, user_id, is_active=False)
            keys = await revoke_keys(session, user_id, now)
            ended = [*keys, *await end_sessions(session, user_id, now)]
            await record(session, actor, _tell(user_id, was_active=was_active, is_active=False))
            return ended


async def _put_hash(session: AsyncSession, user: User, password_hash: str) -> bool:
    statement = (
        update(USERS)
        .where(USERS.c.id == user.id, USERS.c.password_hash == user.password_hash)
        .values(password_hash=password_hash)
        .returning(USERS.c.id)
    )
    return await session.scalar(statement) is not None


async def _set_active(session: AsyncSession, user_id: UUID, *, is_active: bool) -> bool | None:
    """Return what it was; None: there is no such user."""
    is_it = USERS.c.id == user_id
    was_active: bool | None = await session.scalar(
        select(USERS.c.is_active).where(is_it).with_for_update()
    )
    await session.execute(update(USERS).where(is_it).values(is_active=is_active))
    return was_active


def _tell(user_id: UUID, *, was_active: bool | None, is_active: bool) -> Entry:
    return Entry(
        Action.USER_ACTIVATE if is_active else Action.USER_DEACTIVATE,
        f"user:{user_id}",
        before={"is_active": was_active},
        after={"is_active": is_active},
    )


def _show(user: User) -> dict[str, str | bool]:
    return {"username": user.username, "role": user.role, "has_email": user.email is not None}
