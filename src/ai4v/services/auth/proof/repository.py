"""The SQL of registration and of one-time tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import DateTime, Select, String, delete, insert, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ai4v.contracts.account import Purpose
from ai4v.contracts.role import Role
from ai4v.kit.database.connection import Database
from ai4v.services.auth.account.record import User
from ai4v.services.auth.audit.actor import Actor
from ai4v.services.auth.audit.entry import Action, Entry, Outcome
from ai4v.services.auth.audit.repository import record
from ai4v.services.auth.proof.onetimetoken import OneTimeToken
from ai4v.services.auth.repository import end_sessions, find_user, insert_user, read_user
from ai4v.services.auth.tables import ACCESS_TOKENS, ONE_TIME_TOKENS, SESSIONS, USERS

_TOKEN: Final = ONE_TIME_TOKENS.c
_NOBODY: Final = UUID(int=0)
"""Stands for a user that there is not, so that the same statements are run."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a token has done."""

    before: User
    user: User
    """As it is now."""
    ended: Sequence[str] = ()
    """Hashes of access tokens that are no longer good."""
    changed: Sequence[str] = ()
    """Hashes of access tokens that now stand for another role."""


class ProofRepository:
    """Rows of `users` and `one_time_tokens`; each method is one transaction, committed on return.

    Every method raises `DatabaseUnavailableError` when PostgreSQL cannot be reached.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def register(self, user: User, token: OneTimeToken, actor: Actor) -> User | None:
        """Insert a user and the token of the address, when name and address are free.

        Returns:
            Whose address it is: the new user's or another's; None when the name alone is taken.
        """
        async with self._database.transaction() as session:
            is_new = await insert_user(session, user)
            owner = await find_user(session, USERS.c.email == user.email)
            await _replace_token(session, user.id, user.email, token)
            outcome: Outcome = "done" if is_new else "refused"
            target = f"user:{owner.id}" if owner else f"username:{user.username}"
            await record(session, actor, Entry(Action.USER_REGISTER, target, outcome))
            return owner

    async def forget_password(self, account: str, token: OneTimeToken, actor: Actor) -> User | None:
        """Put a token of the active user of that address, else of that name, who has an address.

        Returns:
            The user; None when there is none, and then as many statements were run.
        """
        wanted = (
            select(USERS)
            .where(
                (USERS.c.email == account) | (USERS.c.username == account),
                USERS.c.is_active,
                USERS.c.email.is_not(None),
            )
            .order_by((USERS.c.email == account).desc())
            .limit(1)
        )
        return await self._put_for(wanted, token, actor, Action.PASSWORD_FORGET)

    async def ask_again(self, email: str, token: OneTimeToken, actor: Actor) -> User | None:
        """Put a token of the active user of that address, unless it is verified.

        Returns:
            The user; None when there is none, and then as many statements were run.
        """
        wanted = select(USERS).where(
            USERS.c.email == email, USERS.c.email_verified_at.is_(None), USERS.c.is_active
        )
        return await self._put_for(wanted, token, actor, Action.USER_SEND_VERIFICATION)

    async def ask_for_change(
        self, user: User, email: str, token: OneTimeToken, actor: Actor
    ) -> User | None:
        """Put a token with which an address becomes the user's, unless it is another's.

        Returns:
            Whose address it is already; None when nobody's, or the user's own.
        """
        entry = Entry(Action.USER_SEND_VERIFICATION, f"user:{user.id}")
        async with self._database.transaction() as session:
            owner = await find_user(session, (USERS.c.email == email) & (USERS.c.id != user.id))
            await _replace_token(session, _NOBODY if owner else user.id, email, token)
            await record(session, actor, entry)
            return owner

    async def make_link(self, username: str, token: OneTimeToken, actor: Actor) -> User | None:
        """Put a token that the operator hands over; of an address only that which is there.

        Returns:
            The active user; None when there is none, or no address to verify.
        """
        wanted = select(USERS).where(USERS.c.username == username, USERS.c.is_active)
        action = Action.PASSWORD_FORGET
        if token.purpose is Purpose.VERIFY_EMAIL:
            wanted = wanted.where(USERS.c.email.is_not(None))
            action = Action.USER_SEND_VERIFICATION
        return await self._put_for(wanted, token, actor, action, is_sent=False)

    async def _put_for(
        self,
        wanted: Select[*tuple[object, ...]],
        token: OneTimeToken,
        actor: Actor,
        action: Action,
        *,
        is_sent: bool = True,
    ) -> User | None:
        async with self._database.transaction() as session:
            row = (await session.execute(wanted.with_for_update())).one_or_none()
            user = read_user(row) if row else None
            is_proof = is_sent or token.purpose is Purpose.VERIFY_EMAIL
            email = user.email if user and is_proof else None
            await _replace_token(session, user.id if user else _NOBODY, email, token)
            target = f"user:{user.id}" if user else "user:unknown"
            await record(session, actor, Entry(action, target, "done" if user else "refused"))
            return user

    async def find_holder(self, token_hash: str, purpose: Purpose, now: datetime) -> User | None:
        """Return whose good token it is; nothing is spent."""
        statement = (
            select(USERS)
            .join(ONE_TIME_TOKENS, _TOKEN.user_id == USERS.c.id)
            .where(
                _TOKEN.token_hash == token_hash,
                _TOKEN.purpose == purpose,
                _TOKEN.expires_at > now,
                USERS.c.is_active,
            )
        )
        async with self._database.transaction() as session:
            row = (await session.execute(statement)).one_or_none()
        return read_user(row) if row else None

    async def verify_email(self, token_hash: str, actor: Actor, now: datetime) -> Spent | None:
        """Spend a token: the address that it was sent to is the user's.

        Returns:
            What it did; None when the token is not good, or the address another's by now.
        """
        try:
            async with self._database.transaction() as session:
                found = await _spend(session, token_hash, Purpose.VERIFY_EMAIL, now)
                if found is None:
                    return None
                user, email = found
                proved = await _prove(session, user, email or user.email, now)
                await record(session, actor, _tell(Action.USER_VERIFY_EMAIL, user, proved))
                return Spent(user, proved, changed=await _list_changed(session, user, proved, now))
        except IntegrityError:
            return None

    async def reset_password(
        self, token_hash: str, password_hash: str, actor: Actor, now: datetime
    ) -> Spent | None:
        """Spend a token: the user has another password, all sessions end.

        Whoever got it by mail has proved the address too.

        Returns:
            What it did; None when the token is not good.
        """
        async with self._database.transaction() as session:
            found = await _spend(session, token_hash, Purpose.RESET_PASSWORD, now)
            if found is None:
                return None
            user, email = found
            if email is not None and email == user.email:
                proved = await _prove(session, user, email, now)
            else:
                proved = user
            statement = update(USERS).where(USERS.c.id == user.id)
            await session.execute(statement.values(password_hash=password_hash))
            ended = await end_sessions(session, user.id, now)
            await record(session, actor, _tell(Action.PASSWORD_RESET, user, proved))
            return Spent(user, proved, ended=ended)


async def _replace_token(
    session: AsyncSession, user_id: UUID, email: str | None, token: OneTimeToken
) -> None:
    """Insert a token, if there is such a user; the older ones of its purpose die.

    Args:
        session: of a transaction that holds the user's row.
        user_id: whose.
        email: where it is sent to, and which address it so proves.
        token: which.
    """
    await session.execute(
        delete(ONE_TIME_TOKENS).where(_TOKEN.user_id == user_id, _TOKEN.purpose == token.purpose)
    )
    values = {
        "token_hash": literal(token.token_hash),
        "user_id": USERS.c.id,
        "purpose": literal(token.purpose.value),
        "email": literal(email, String),
        "expires_at": literal(token.expires_at, DateTime(timezone=True)),
    }
    rows = select(*values.values()).where(USERS.c.id == user_id).with_for_update()
    await session.execute(insert(ONE_TIME_TOKENS).from_select(list(values), rows))


async def _spend(
    session: AsyncSession, token_hash: str, purpose: Purpose, now: datetime
) -> tuple[User, str | None] | None:
    """Delete a good token; return its user, whose row is held, and where it was sent."""
    statement = (
        delete(ONE_TIME_TOKENS)
        .where(_TOKEN.token_hash == token_hash, _TOKEN.purpose == purpose, _TOKEN.expires_at > now)
        .returning(_TOKEN.user_id, _TOKEN.email)
    )
    token = (await session.execute(statement)).one_or_none()
    if token is None:
        return None
    holder = select(USERS).where(USERS.c.id == token.user_id, USERS.c.is_active)
    row = (await session.execute(holder.with_for_update())).one_or_none()
    return (read_user(row), token.email) if row else None


async def _prove(session: AsyncSession, user: User, email: str | None, now: datetime) -> User:
    """Note that an address is the user's; who registered with it is a guest no longer."""
    if email is None:
        return user
    has_registered = user.email == email and user.email_verified_at is None
    role = Role.USER if has_registered and user.role is Role.GUEST else user.role
    statement = (
        update(USERS)
        .where(USERS.c.id == user.id)
        .values(email=email, email_verified_at=now, role=role)
        .returning(*USERS.c)
    )
    return read_user((await session.execute(statement)).one())


async def _list_changed(
    session: AsyncSession, before: User, after: User, now: datetime
) -> Sequence[str]:
    if before.role is after.role:
        return ()
    statement = (
        select(ACCESS_TOKENS.c.token_hash)
        .join(SESSIONS, SESSIONS.c.id == ACCESS_TOKENS.c.session_id)
        .where(
            SESSIONS.c.user_id == after.id,
            SESSIONS.c.revoked_at.is_(None),
            ACCESS_TOKENS.c.expires_at > now,
        )
    )
    return (await session.scalars(statement)).all()


def _tell(action: Action, before: User, after: User) -> Entry:
    """Say what changed, without the address: rows of the audit log are never erased."""
    return Entry(action, f"user:{after.id}", before=_show(before), after=_show(after))


def _show(user: User) -> dict[str, str | bool]:
    return {"role": user.role, "is_email_verified": user.email_verified_at is not None}
