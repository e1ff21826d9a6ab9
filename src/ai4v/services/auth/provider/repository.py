"""Sign-ins under way, tickets and linked identities in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncSession

from ai4v.contracts.role import Role
from ai4v.kit.database.connection import Database
from ai4v.services.auth.audit.actor import Actor
from ai4v.services.auth.audit.entry import Action, Entry
from ai4v.services.auth.audit.repository import record
from ai4v.services.auth.provider.flow import Flow
from ai4v.services.auth.tables import IDENTITIES, ONE_TIME_TOKENS, SIGN_IN_FLOWS, USERS


@dataclass(frozen=True, slots=True)
class OneTime:
    """A ticket or link token, as its row has it."""

    token_hash: str = field(repr=False)
    user_id: UUID
    purpose: str
    """`sign-in:<provider>`, `link:<provider>` or `linked:<provider>`."""
    expires_at: datetime
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a user is at a provider."""

    provider: str
    subject: str
    user_id: UUID
    email: str | None
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A user to be, who came from a provider and has no password."""

    id: UUID
    usernames: Sequence[str]
    """Names to try, one after another; the last is surely free."""
    role: Role
    email: str | None
    created_at: datetime


class ProviderRepository:
    """Rows of `sign_in_flows`, `identities`, and of `one_time_tokens` those of this package.

    Every method is one transaction and raises `DatabaseUnavailableError` when PostgreSQL cannot be
    reached.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_flow(self, flow: Flow, actor: Actor) -> None:
        """Insert a sign-in that goes to its provider now."""
        entry = Entry(Action.SIGN_IN_BEGIN, f"provider:{flow.provider}")
        async with self._database.transaction() as transaction:
            await transaction.execute(insert(SIGN_IN_FLOWS).values(asdict(flow)))
            await record(transaction, actor, entry)

    async def take_flow(self, state_hash: str) -> Flow | None:
        """Return a sign-in and delete it: nobody gets it twice."""
        statement = (
            delete(SIGN_IN_FLOWS)
            .where(SIGN_IN_FLOWS.c.state_hash == state_hash)
            .returning(*SIGN_IN_FLOWS.c)
        )
        async with self._database.transaction() as transaction:
            row = (await transaction.execute(statement)).one_or_none()
        return Flow(**row._asdict()) if row else None

    async def add_one_time(self, token: OneTime) -> None:
        """Insert a ticket or link token."""
        async with self._database.transaction() as transaction:
            await transaction.execute(insert(ONE_TIME_TOKENS).values(asdict(token)))

    async def note_link(self, user_id: UUID, provider: str, actor: Actor) -> None:
        """Put into the audit log that a user wants to link an identity."""
        entry = Entry(Action.SIGN_IN_BEGIN, f"user:{user_id}", after={"provider": provider})
        async with self._database.transaction() as transaction:
            await record(transaction, actor, entry)

    async def note_refusal(self, provider: str, reason: str, actor: Actor) -> None:
        """Put into the audit log that somebody came back and was refused."""
        entry = Entry(
            Action.SESSION_CREATE, f"provider:{provider}", "refused", after={"reason": reason}
        )
        async with self._database.transaction() as transaction:
            await record(transaction, actor, entry)

    async def take_one_time(self, token_hash: str, *, purpose: str) -> OneTime | None:
        """Return a ticket or link token and delete it: nobody gets it twice.

        Args:
            token_hash: of which.
            purpose: how its purpose begins; one for something else is left alone.
        """
        statement = (
            delete(ONE_TIME_TOKENS)
            .where(
                ONE_TIME_TOKENS.c.token_hash == token_hash,
                ONE_TIME_TOKENS.c.purpose.startswith(purpose, autoescape=True),
            )
            .returning(*ONE_TIME_TOKENS.c)
        )
        async with self._database.transaction() as transaction:
            row = (await transaction.execute(statement)).one_or_none()
        return OneTime(**row._asdict()) if row else None

    async def find_user(self, provider: str, subject: str) -> tuple[UUID, bool] | None:
        """Return whose identity it is, and whether that user is active."""
        statement = (
            select(USERS.c.id, USERS.c.is_active)
            .join(IDENTITIES, IDENTITIES.c.user_id == USERS.c.id)
            .where(IDENTITIES.c.provider == provider, IDENTITIES.c.subject == subject)
        )
        async with self._database.transaction() as transaction:
            row = (await transaction.execute(statement)).one_or_none()
        return (row.id, row.is_active) if row else None

    async def add_user(self, newcomer: Newcomer, identity: Identity, actor: Actor) -> bool:
        """Insert a user with an identity; tell whether nobody else has the e-mail address.

        Of two that bring one identity at the same time, the second finds it taken.
        """
        entry = Entry(
            Action.USER_REGISTER,
            f"user:{newcomer.id}",
            after={"provider": identity.provider, "role": newcomer.role.value},
        )
        try:
            async with self._database.transaction() as transaction:
                await _insert_newcomer(transaction, newcomer)
                await _insert_identity(transaction, identity)
                await record(transaction, actor, entry)
        except _TakenError:
            return False
        return True

    async def link(self, identity: Identity, actor: Actor) -> bool:
        """Insert an identity of an existing user; tell whether it was nobody else's."""
        entry = Entry(
            Action.IDENTITY_LINK,
            f"user:{identity.user_id}",
            after={"provider": identity.provider, "subject": identity.subject},
        )
        try:
            async with self._database.transaction() as transaction:
                await _insert_identity(transaction, identity)
                await record(transaction, actor, entry)
        except _TakenError:
            return False
        return True

    async def list_identities(self, user_id: UUID) -> Sequence[Identity]:
        """Return who a user is elsewhere, by provider."""
        statement = (
            select(IDENTITIES)
            .where(IDENTITIES.c.user_id == user_id)
            .order_by(IDENTITIES.c.provider, IDENTITIES.c.linked_at)
        )
        async with self._database.transaction() as transaction:
            return [_identity(row) for row in await transaction.execute(statement)]

    async def unlink(self, user_id: UUID, provider: str, actor: Actor) -> bool | None:
        """Delete a user's identities at a provider, unless there would be no way left to sign in.

        Returns:
            Whether they were deleted; None when there are none.
        """
        is_theirs = IDENTITIES.c.user_id == user_id
        is_it = is_theirs & (IDENTITIES.c.provider == provider)
        user = select(USERS.c.password_hash).where(USERS.c.id == user_id).with_for_update()
        others = select(IDENTITIES.c.subject).where(is_theirs, IDENTITIES.c.provider != provider)
        entry = Entry(Action.IDENTITY_UNLINK, f"user:{user_id}", before={"provider": provider})
        async with self._database.transaction() as transaction:
            has_password = await transaction.scalar(user) is not None
            if await transaction.scalar(select(IDENTITIES.c.subject).where(is_it).limit(1)) is None:
                return None
            if not has_password and await transaction.scalar(others.limit(1)) is None:
                return False
            await transaction.execute(delete(IDENTITIES).where(is_it))
            await record(transaction, actor, entry)
            return True


class _TakenError(Exception):
    """Undoes a transaction in which something turned out to be somebody else's."""


async def _insert_newcomer(transaction: AsyncSession, newcomer: Newcomer) -> None:
    for username in newcomer.usernames:
        if await _insert_user(transaction, newcomer, username):
            return
        if newcomer.email and await _has_email(transaction, newcomer.email):
            break
    raise _TakenError


async def _insert_identity(transaction: AsyncSession, identity: Identity) -> None:
    statement = (
        insert_or(IDENTITIES)
        .values(asdict(identity))
        .on_conflict_do_nothing(index_elements=[IDENTITIES.c.provider, IDENTITIES.c.subject])
        .returning(IDENTITIES.c.user_id)
    )
    if await transaction.scalar(statement) is None:
        raise _TakenError


async def _insert_user(transaction: AsyncSession, newcomer: Newcomer, username: str) -> bool:
    statement = (
        insert_or(USERS)
        .values(
            id=newcomer.id,
            username=username,
            password_hash=None,
            role=newcomer.role,
            is_active=True,
            created_at=newcomer.created_at,
            email=newcomer.email,
            email_verified_at=newcomer.created_at if newcomer.email else None,
        )
        .on_conflict_do_nothing()
        .returning(USERS.c.id)
    )
    return await transaction.scalar(statement) is not None


async def _has_email(transaction: AsyncSession, email: str) -> bool:
    return await transaction.scalar(select(USERS.c.id).where(USERS.c.email == email)) is not None


def _identity(row: Row[*tuple[object, ...]]) -> Identity:
    return Identity(row.provider, row.subject, row.user_id, row.email, row.linked_at)
