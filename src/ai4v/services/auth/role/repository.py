"""The SQL of roles: what each may do, who has which, and whose credentials that concerns."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, insert, or_, select, text, union_all, update
from sqlalchemy.ext.asyncio import AsyncSession

from ai4v.contracts.permission import Permission
from ai4v.contracts.role import Role
from ai4v.kit.database.connection import Database
from ai4v.services.auth.audit.actor import Actor
from ai4v.services.auth.audit.entry import Action, Entry
from ai4v.services.auth.audit.repository import record
from ai4v.services.auth.tables import ACCESS_TOKENS, API_KEYS, ROLE_PERMISSIONS, SESSIONS, USERS

_LOCK: Final = text("SELECT pg_advisory_xact_lock(4702382)")  # ours alone in this database
_KNOWN: Final = frozenset(Permission)


class RoleRepository:
    """Rows of `role_permissions`, and the roles of `users`; each method is one transaction.

    Every method raises `DatabaseUnavailableError` when PostgreSQL cannot be reached.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, role: Role) -> frozenset[Permission]:
        """Return what a role may do."""
        async with self._database.transaction() as session:
            return await _read(session, role)

    async def replace(
        self, role: Role, permissions: frozenset[Permission], actor: Actor, *, now: datetime
    ) -> Sequence[str]:
        """Give a role other permissions.

        Returns:
            Hashes of the credentials whose users have it.
        """
        rows = [{"role": role, "permission": permission} for permission in sorted(permissions)]
        async with self._database.transaction() as session:
            await session.execute(_LOCK)
            before = await _read(session, role)
            await session.execute(delete(ROLE_PERMISSIONS).where(ROLE_PERMISSIONS.c.role == role))
            if rows:
                await session.execute(insert(ROLE_PERMISSIONS), rows)
            concerned = await _list_credentials(session, USERS.c.role == role, now)
            entry = Entry(
                Action.ROLE_UPDATE,
                f"role:{role}",
                before={"permissions": [*sorted(before)]},
                after={"permissions": [*sorted(permissions)]},
            )
            await record(session, actor, entry)
            return concerned

    async def find_role(self, user_id: UUID) -> Role | None:
        """Return a user's role; None when there is no such user."""
        async with self._database.transaction() as session:
            role = await session.scalar(select(USERS.c.role).where(USERS.c.id == user_id))
            return None if role is None else Role(role)

    async def give(
        self, user_id: UUID, role: Role, actor: Actor, *, now: datetime
    ) -> Sequence[str] | None:
        """Give a user another role, unless it is the last administrator who may sign in.

        Returns:
            Hashes of the user's credentials; None: nothing was done.
        """
        administrators = (
            select(USERS.c.id)
            .where(USERS.c.role == Role.ADMIN, USERS.c.is_active)
            .order_by(USERS.c.id)
            .with_for_update()
        )
        is_it = USERS.c.id == user_id
        async with self._database.transaction() as session:
            active = list(await session.scalars(administrators))
            before = await session.scalar(select(USERS.c.role).where(is_it).with_for_update())
            if role is not Role.ADMIN and active == [user_id]:
                return None
            await session.execute(update(USERS).where(is_it).values(role=role))
            concerned = await _list_credentials(session, is_it, now)
            target = f"user:{user_id}"
            entry = Entry(
                Action.USER_UPDATE, target, before={"role": before}, after={"role": str(role)}
            )
            await record(session, actor, entry)
            return concerned


async def _read(session: AsyncSession, role: Role) -> frozenset[Permission]:
    """Return what a role may do; a permission that there is no more is left out."""
    statement = select(ROLE_PERMISSIONS.c.permission).where(ROLE_PERMISSIONS.c.role == role)
    names = (await session.scalars(statement)).all()
    return frozenset(Permission(name) for name in names if name in _KNOWN)


async def _list_credentials(
    session: AsyncSession, condition: ColumnElement[bool], now: datetime
) -> Sequence[str]:
    """Return the hashes of the keys and access tokens of users that may still be good."""
    keys = (
        select(API_KEYS.c.key_hash)
        .join(USERS, USERS.c.id == API_KEYS.c.owner_id)
        .where(condition, API_KEYS.c.revoked_at.is_(None))
        .where(or_(API_KEYS.c.expires_at.is_(None), API_KEYS.c.expires_at > now))
    )
    tokens = (
        select(ACCESS_TOKENS.c.token_hash)
        .join(SESSIONS, SESSIONS.c.id == ACCESS_TOKENS.c.session_id)
        .join(USERS, USERS.c.id == SESSIONS.c.user_id)
        .where(condition, SESSIONS.c.revoked_at.is_(None), ACCESS_TOKENS.c.expires_at > now)
    )
    return (await session.scalars(union_all(keys, tokens))).all()
