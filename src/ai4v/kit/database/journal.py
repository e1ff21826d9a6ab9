"""The record of requests that AI services keep: who asked when, of which model, how it ended.

A service's tables have the columns here and its own, and its dataclasses have fields of the same
names; content is never among them.

A request may bring an idempotency key. There is one row for each user and key: a call that repeats
one takes the row over, giving it a new id, so that whoever still works on the earlier call finds
no row of theirs any more. Earlier results stay until those of the repeated call replace them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from sqlalchemy import (
    Table,
    Update,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from ai4v.contracts.error import PlatformError
from ai4v.kit.database.connection import Database
from ai4v.kit.database.journaltable import HAS_KEY
from ai4v.kit.paging import Cursor, Page, take_page


class SupersededError(PlatformError):
    """A later call with the same idempotency key does this work now."""

    code = "CONFLICT"
    status = 409


class RequestStatus(StrEnum):
    """Where a request is in its life; all but `STARTED` are final."""

    STARTED = "started"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """The caller went away."""
    ABANDONED = "abandoned"
    """The instance died, or lost the database, before it could say how it ended."""


_OPEN: Final = (RequestStatus.STARTED, RequestStatus.ABANDONED)
"""What an instance may still finish: one that was only thought to be dead knows better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest:
    """A request that is about to be worked on."""

    id: UUID
    request_id: str
    user_id: UUID
    key_id: UUID | None
    instance_id: str
    model_id: str
    item_count: int
    timeout_s: float
    """Until the caller stops waiting."""
    idempotency_key: str | None = None
    """Of the user; a second request with the same one is the first one tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemResult:
    """What became of one item."""

    processing_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """A request as its owner sees it afterwards.

    A field of a subclass is a column of the requests, or the sum of a column of the results, which
    is None unless the request was completed.
    """

    id: UUID
    request_id: str
    status: RequestStatus
    error_code: str | None
    model_id: str
    item_count: int
    started_at: datetime
    finished_at: datetime | None


RequestT = TypeVar("RequestT", bound=NewRequest)
ResultT = TypeVar("ResultT", bound=ItemResult)
RecordT = TypeVar("RecordT", bound=RequestRecord)


class Journal(Generic[RequestT, ResultT, RecordT]):
    """Rows of requests and results; each method is one transaction, committed on return.

    Every method raises `DatabaseUnavailableError` when PostgreSQL cannot be reached.

    Args:
        database: where the tables are.
        requests: made by `request_table`.
        results: made by `result_table`.
        record: what a page is made of.
    """

    def __init__(
        self, database: Database, requests: Table, results: Table, record: type[RecordT]
    ) -> None:
        self._database = database
        self._requests = requests
        self._results = results
        self._owner = results.c[f"{requests.schema}_request_id"]
        self._record = record

    async def start(self, request: RequestT) -> None:
        """Insert the row of a request that is about to be worked on, or take it over."""
        values = _values(request)
        del values["timeout_s"]
        statement = upsert(self._requests).values(
            status=RequestStatus.STARTED,
            started_at=func.now(),
            deadline_at=func.now() + timedelta(seconds=request.timeout_s),
            finished_at=None,
            error_code=None,
            **values,
        )
        if request.idempotency_key is not None:
            statement = statement.on_conflict_do_update(
                index_elements=["user_id", "idempotency_key"],
                index_where=HAS_KEY,
                set_=dict(statement.excluded),
            )
        async with self._database.transaction() as session:
            await session.execute(statement)

    async def complete(self, request: RequestT, results: Sequence[ResultT]) -> None:
        """Insert the results and mark the request completed, both or neither.

        Raises:
            SupersededError: the row was taken over; nothing was changed.
        """
        rows = [
            {self._owner.name: request.id, "item_index": index, **_values(result)}
            for index, result in enumerate(results)
        ]
        ending = self._ending(request.id, RequestStatus.COMPLETED).returning(self._requests.c.id)
        async with self._database.transaction() as session:
            found = (await session.execute(ending)).first()
            if request.idempotency_key is not None:
                if found is None:
                    raise SupersededError("another call with the same idempotency key took over")
                await session.execute(delete(self._results).where(self._owner == request.id))
            await session.execute(insert(self._results), rows)

    async def fail(
        self, request_id: UUID, status: RequestStatus, *, error_code: str | None = None
    ) -> None:
        """Mark a request that has not ended as ended without a result."""
        async with self._database.transaction() as session:
            await session.execute(self._ending(request_id, status, error_code))

    async def abandon(self, *, alive: Sequence[str] | None, lease_s: float, grace_s: float) -> int:
        """Mark as abandoned the requests that nobody works on any more; return how many.

        Args:
            alive: ids of the live instances; None when that is not known.
            lease_s: a request of an instance that is not alive is left alone for so long.
            grace_s: so long after its deadline a request is abandoned whoever works on it.
        """
        columns = self._requests.c
        is_late = columns.deadline_at < func.now() - timedelta(seconds=grace_s)
        is_orphan = and_(
            columns.instance_id.not_in(alive or ()),
            columns.started_at <= func.now() - timedelta(seconds=lease_s),
        )
        statement = (
            update(self._requests)
            .where(columns.status == RequestStatus.STARTED)
            .where(is_late if alive is None else or_(is_late, is_orphan))
            .values(status=RequestStatus.ABANDONED, finished_at=func.now())
            .returning(columns.id)
        )
        async with self._database.transaction() as session:
            return len((await session.execute(statement)).all())

    async def page(self, user_id: UUID, *, size: int, after: Cursor | None = None) -> Page[RecordT]:
        """Return requests of a user, newest first."""
        columns = self._requests.c
        names = [field.name for field in fields(self._record)]
        statement = (
            select(*(columns[name] if name in columns else self._sum(name) for name in names))
            .where(columns.user_id == user_id)
            .order_by(columns.started_at.desc(), columns.id.desc())
            .limit(size + 1)
        )
        if after is not None:
            place = tuple_(columns.started_at, columns.id)
            statement = statement.where(place < tuple_(literal(after.at), literal(after.row_id)))
        async with self._database.transaction() as session:
            rows = (await session.execute(statement)).mappings().all()
        found = [
            self._record(**{**row, "status": RequestStatus(str(row["status"]))}) for row in rows
        ]
        return take_page(found, size, lambda record: Cursor(record.started_at, record.id))

    def _sum(self, name: str) -> Any:  # noqa: ANN401 - SQLAlchemy's label of an unknown type
        requests = self._requests.c
        total = select(func.sum(self._results.c[name])).where(
            self._owner == requests.id, requests.status == RequestStatus.COMPLETED
        )
        return total.scalar_subquery().label(name)

    def _ending(
        self, request_id: UUID, status: RequestStatus, error_code: str | None = None
    ) -> Update:
        return (
            update(self._requests)
            .where(self._requests.c.id == request_id, self._requests.c.status.in_(_OPEN))
            .values(status=status, error_code=error_code, finished_at=func.now())
        )


def _values(row: NewRequest | ItemResult) -> dict[str, object]:
    return {field.name: getattr(row, field.name) for field in fields(row)}
