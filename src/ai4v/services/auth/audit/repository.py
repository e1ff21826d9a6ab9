"""The SQL of the audit log: rows are added, read, and never changed."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import RowMapping, Select, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ai4v.kit.database.connection import Database
from ai4v.services.auth.audit.actor import Actor
from ai4v.services.auth.audit.chain import START, Content, Link, Row, chain
from ai4v.services.auth.audit.entry import Entry
from ai4v.services.auth.tables import AUDIT_EVENTS

_LOCK: Final = text("SELECT pg_advisory_xact_lock(4702381)")  # ours alone in this database
_COLUMNS: Final = AUDIT_EVENTS.c


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows are asked for; None: whatever it is."""

    actor: str | None = None
    action: str | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Not included."""


async def record(session: AsyncSession, actor: Actor, entry: Entry) -> None:
    """Add an event to the log, in the caller's transaction: both are kept, or neither.

    Make it the last statement. From here to the commit nobody else can add an event: that is what
    keeps the sequence without holes and the chain without forks.
    """
    await record_all(session, [(actor, entry)])


async def record_all(session: AsyncSession, events: Sequence[tuple[Actor, Entry]]) -> None:
    """Add several events, as `record`; none is no event."""
    if not events:
        return
    await session.execute(_LOCK)  # a statement of its own: the next one must see what it waited for
    now, end = await _read_end(session)
    values = []
    for actor, entry in events:
        row = chain(end, _content(now, actor, entry))
        values.append(_values(row))
        end = Link(row.sequence, row.hash)
    await session.execute(insert(AUDIT_EVENTS), values)


class AuditRepository:
    """Reads the log.

    Every method raises `DatabaseUnavailableError` when PostgreSQL cannot be reached.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, events: Sequence[tuple[Actor, Entry]]) -> None:
        """Add events that belong to no other change."""
        async with self._database.transaction() as session:
            await record_all(session, events)

    async def page(self, wanted: Filter, *, size: int, before: int | None) -> list[Row]:
        """Return at most `size` rows, newest first.

        Args:
            wanted: all of it must fit.
            size: at most.
            before: only rows with a smaller sequence.
        """
        statement = _narrow(select(AUDIT_EVENTS), wanted)
        if before is not None:
            statement = statement.where(_COLUMNS.sequence < before)
        statement = statement.order_by(_COLUMNS.sequence.desc()).limit(size)
        async with self._database.transaction() as session:
            rows = (await session.execute(statement)).mappings().all()
        return [_row(row) for row in rows]

    async def end(self) -> Link:
        """Return the last row's place, `START` when there is none."""
        async with self._database.transaction() as session:
            return (await _read_end(session))[1]

    async def find_hash(self, sequence: int) -> str | None:
        """Return the hash of a row, None when there is no such row."""
        statement = select(_COLUMNS.hash).where(_COLUMNS.sequence == sequence)
        async with self._database.transaction() as session:
            found: str | None = (await session.execute(statement)).scalar_one_or_none()
        return found

    async def stream(self, *, batch: int) -> AsyncIterator[list[Row]]:
        """Yield all rows in ascending sequence, `batch` at a time, each in its own transaction.

        Rows that come meanwhile are read too, until a batch is not full.
        """
        statement = select(AUDIT_EVENTS).order_by(_COLUMNS.sequence).limit(batch)
        following = statement
        while True:
            async with self._database.transaction() as session:
                rows = [_row(row) for row in (await session.execute(following)).mappings()]
            if rows:
                yield rows
                following = statement.where(_COLUMNS.sequence > rows[-1].sequence)
            if len(rows) < batch:
                return


async def _read_end(session: AsyncSession) -> tuple[datetime, Link]:
    newest = select(_COLUMNS.sequence, _COLUMNS.hash).order_by(_COLUMNS.sequence.desc()).limit(1)
    end = newest.subquery()
    clock = select(func.clock_timestamp().label("now")).subquery()
    statement = select(clock.c.now, end.c.sequence, end.c.hash).select_from(
        clock.outerjoin(end, text("true"))
    )
    now, sequence, row_hash = (await session.execute(statement)).one()
    return now, START if sequence is None else Link(sequence, row_hash)


def _content(now: datetime, actor: Actor, entry: Entry) -> Content:
    return Content(
        at=now,
        action=entry.action.value,
        outcome=entry.outcome,
        actor=actor.name,
        target=entry.target,
        before=entry.before,
        after=entry.after,
        request_id=actor.request_id,
        address=actor.address,
    )


def _values(row: Row) -> dict[str, object]:
    content = row.content
    return {
        "sequence": row.sequence,
        "at": content.at,
        "action": content.action,
        "outcome": content.outcome,
        "actor": content.actor,
        "target": content.target,
        "before": content.before,
        "after": content.after,
        "request_id": content.request_id,
        "address": content.address,
        "previous_hash": row.previous_hash,
        "hash": row.hash,
    }


def _row(row: RowMapping) -> Row:
    content = Content(
        at=row["at"],
        action=row["action"],
        outcome=row["outcome"],
        actor=row["actor"],
        target=row["target"],
        before=row["before"],
        after=row["after"],
        request_id=row["request_id"],
        address=row["address"],
    )
    return Row(row["sequence"], content, row["previous_hash"], row["hash"])


def _narrow(statement: Select[tuple[object, ...]], wanted: Filter) -> Select[tuple[object, ...]]:
    for column, value in (
        (_COLUMNS.actor, wanted.actor),
        (_COLUMNS.action, wanted.action),
        (_COLUMNS.target, wanted.target),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.since is not None:
        statement = statement.where(_COLUMNS.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(_COLUMNS.at < wanted.until)
    return statement
