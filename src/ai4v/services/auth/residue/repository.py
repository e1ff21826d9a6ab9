"""Deletes rows that have outlived their use, a bounded number at a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Table, delete, or_, select, tuple_

from ai4v.kit.database.connection import Database
from ai4v.services.auth.tables import (
    ACCESS_TOKENS,
    ONE_TIME_TOKENS,
    REFRESH_TOKENS,
    SESSIONS,
    SIGN_IN_FLOWS,
)

KEPT: Final = timedelta(days=1)
"""How long ended sessions and their tokens stay on record."""


class ResidueRepository:
    """What is left of sessions, sign-ins and letters.

    Args:
        database: of the service.
        idle: how long a session may go without being renewed.
    """

    def __init__(self, database: Database, idle: timedelta) -> None:
        self._database = database
        self._idle = idle

    async def delete(self, *, now: datetime, limit: int) -> int:
        """Delete at most `limit` rows of each table; return how many it was together.

        Raises:
            DatabaseUnavailableError: some tables may be done already.
        """
        return sum([await self._delete(*rule, limit) for rule in self._rules(now)])

    def _rules(self, now: datetime) -> Sequence[tuple[Table, ColumnElement[bool]]]:
        past = now - KEPT
        has_ended = or_(
            SESSIONS.c.expires_at < past,
            SESSIONS.c.revoked_at < past,
            SESSIONS.c.last_used_at < past - self._idle,
        )
        return (
            (ACCESS_TOKENS, ACCESS_TOKENS.c.expires_at < past),
            (REFRESH_TOKENS, REFRESH_TOKENS.c.expires_at < past),
            (SESSIONS, has_ended),
            (ONE_TIME_TOKENS, ONE_TIME_TOKENS.c.expires_at < past),
            (SIGN_IN_FLOWS, SIGN_IN_FLOWS.c.expires_at < past),
        )

    async def _delete(self, table: Table, condition: ColumnElement[bool], limit: int) -> int:
        key = tuple_(*table.primary_key.columns)
        some = select(*table.primary_key.columns).where(condition).limit(limit)
        statement = delete(table).where(key.in_(some)).returning(*table.primary_key.columns)
        async with self._database.transaction() as transaction:
            return len((await transaction.execute(statement)).all())
