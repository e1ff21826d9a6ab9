"""Sessions and their tokens in PostgreSQL.

A session has ended when its row says so (`revoked_at`), when its time is over, or when its last
refresh token was left unused for too long; every token of it ends with it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ai4v.contracts.identity import hash_credential
from ai4v.kit.database.connection import Database
from ai4v.services.auth.audit.actor import Actor
from ai4v.services.auth.audit.entry import Action, Entry
from ai4v.services.auth.audit.repository import record
from ai4v.services.auth.repository import end_sessions, end_sessions_where, hold_active
from ai4v.services.auth.session.record import IssuedPair, Origin, Session
from ai4v.services.auth.tables import ACCESS_TOKENS, REFRESH_TOKENS, SESSIONS, USERS


@dataclass(frozen=True, slots=True)
class Renewal:
    """How it went when a refresh token came."""

    session: Session | None
    """None: refused."""
    ended: Sequence[str] = ()
    """Hashes of access tokens that are no longer good."""


class SessionRepository:
    """Rows of `sessions`, `access_tokens` and `refresh_tokens`.

    Every method is one transaction and raises `DatabaseUnavailableError` when PostgreSQL cannot be
    reached.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, session: Session, pair: IssuedPair, actor: Actor, *, password_hash: str | None
    ) -> bool:
        """Insert a session; tell whether its user is active.

        Args:
            session: which.
            pair: its first tokens.
            actor: who signed in.
            password_hash: by which; one that was changed meanwhile does not count. None: the
                user signed in without a password.
        """
        entry = Entry(
            Action.SESSION_CREATE,
            f"session:{session.id}",
            after={"user": str(session.user_id), "method": session.method},
        )
        async with self._database.transaction() as transaction:
            if not await hold_active(transaction, session.user_id, password_hash):
                return False
            await transaction.execute(insert(SESSIONS).values(_values(session)))
            await _insert_pair(transaction, session.id, pair)
            await record(transaction, actor, entry)
            return True

    async def renew(
        self,
        refresh_token: str,
        issue: Callable[[Session], IssuedPair | None],
        actor: Actor,
        *,
        now: datetime,
    ) -> Renewal:
        """Change a refresh token for a new pair, or end its session when it was changed before.

        The session's row is locked first: of several that come with one token at the same
        moment, one gets a pair and the next ends the session.

        Args:
            refresh_token: as it came.
            issue: makes the pair of the session as it stands; None: the session is over.
            actor: who asks.
            now: for what is written.
        """
        token_hash = hash_credential(refresh_token)
        async with self._database.transaction() as transaction:
            found = await _lock(transaction, token_hash)
            if found is None:
                return Renewal(None)
            session, is_used, ends_at = found
            if is_used:
                ended = await end_sessions_where(transaction, SESSIONS.c.id == session.id, now)
                await record(
                    transaction, actor, Entry(Action.SESSION_REUSE, f"session:{session.id}")
                )
                return Renewal(None, ended)
            pair = issue(session) if ends_at > now else None
            if pair is None:
                return Renewal(None)
            await _use(transaction, token_hash, session, now)
            await _insert_pair(transaction, session.id, pair)
            await record(transaction, actor, Entry(Action.SESSION_REFRESH, f"session:{session.id}"))
            return Renewal(session)

    async def list_live(
        self, user_id: UUID, *, now: datetime, used_since: datetime, limit: int
    ) -> Sequence[Session]:
        """Return the sessions of a user that have not ended, the last used first."""
        statement = (
            select(SESSIONS)
            .where(
                SESSIONS.c.user_id == user_id,
                SESSIONS.c.revoked_at.is_(None),
                SESSIONS.c.expires_at > now,
                SESSIONS.c.last_used_at > used_since,
            )
            .order_by(SESSIONS.c.last_used_at.desc(), SESSIONS.c.id)
            .limit(limit)
        )
        async with self._database.transaction() as transaction:
            return [_session(row) for row in await transaction.execute(statement)]

    async def end(
        self, user_id: UUID, session_id: UUID, actor: Actor, *, now: datetime
    ) -> Sequence[str] | None:
        """End a session of that user; once more is no error.

        Returns:
            Hashes of access tokens that are no longer good; None when there is no such session.
        """
        is_it = (SESSIONS.c.id == session_id) & (SESSIONS.c.user_id == user_id)
        entry = Entry(Action.SESSION_REVOKE, f"session:{session_id}")
        async with self._database.transaction() as transaction:
            if await transaction.scalar(select(SESSIONS.c.id).where(is_it)) is None:
                return None
            ended = await end_sessions_where(transaction, is_it, now)
            await record(transaction, actor, entry)
            return ended

    async def end_all(self, user_id: UUID, actor: Actor, *, now: datetime) -> Sequence[str] | None:
        """End every session of a user.

        Returns:
            Hashes of access tokens that are no longer good; None when there is no such user.
        """
        entry = Entry(Action.SESSION_REVOKE_ALL, f"user:{user_id}")
        async with self._database.transaction() as transaction:
            if await transaction.scalar(select(USERS.c.id).where(USERS.c.id == user_id)) is None:
                return None
            ended = await end_sessions(transaction, user_id, now)
            await record(transaction, actor, entry)
            return ended

    async def note_keys(self, before: Sequence[str], after: Sequence[str], actor: Actor) -> None:
        """Put into the audit log which keys sign and check now."""
        entry = Entry(
            Action.SIGNING_KEY_ROTATE,
            f"signing-key:{after[0]}",
            before={"key_ids": list(before)},
            after={"key_ids": list(after)},
        )
        async with self._database.transaction() as transaction:
            await record(transaction, actor, entry)


async def _lock(
    transaction: AsyncSession, token_hash: str
) -> tuple[Session, bool, datetime] | None:
    """Lock the session of a refresh token; return it, whether the token is used, and its end."""
    is_it = REFRESH_TOKENS.c.token_hash == token_hash
    statement = (
        select(SESSIONS)
        .join(REFRESH_TOKENS, REFRESH_TOKENS.c.session_id == SESSIONS.c.id)
        .join(USERS, USERS.c.id == SESSIONS.c.user_id)
        .where(is_it, SESSIONS.c.revoked_at.is_(None), USERS.c.is_active)
        .with_for_update(of=SESSIONS)
    )
    row = (await transaction.execute(statement)).one_or_none()
    if row is None:
        return None
    # A statement of its own: it must see what the one that held the lock has written.
    token = (await transaction.execute(select(REFRESH_TOKENS).where(is_it))).one()
    return _session(row), token.used_at is not None, token.expires_at


async def _use(transaction: AsyncSession, token_hash: str, session: Session, now: datetime) -> None:
    await transaction.execute(
        update(REFRESH_TOKENS).where(REFRESH_TOKENS.c.token_hash == token_hash).values(used_at=now)
    )
    await transaction.execute(
        update(SESSIONS).where(SESSIONS.c.id == session.id).values(last_used_at=now)
    )


async def _insert_pair(transaction: AsyncSession, session_id: UUID, pair: IssuedPair) -> None:
    for table, token, expires_at in (
        (ACCESS_TOKENS, pair.access_token, pair.access_expires_at),
        (REFRESH_TOKENS, pair.refresh_token, pair.refresh_expires_at),
    ):
        row = {
            "token_hash": hash_credential(token),
            "session_id": session_id,
            "expires_at": expires_at,
        }
        await transaction.execute(insert(table).values(row))


def _values(session: Session) -> dict[str, object]:
    return {
        "id": session.id,
        "user_id": session.user_id,
        "method": session.method,
        "address": session.origin.address,
        "user_agent": session.origin.user_agent,
        "created_at": session.created_at,
        "last_used_at": session.last_used_at,
        "expires_at": session.expires_at,
    }


def _session(row: Row[*tuple[object, ...]]) -> Session:
    return Session(
        id=row.id,
        user_id=row.user_id,
        method=row.method,
        origin=Origin(row.address, row.user_agent),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
    )
