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
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Table, and_, func, literal, or_, select, tuple_, update

from ai4v.contracts.error import PlatformError
from ai4v.kit.database.connection import Database
from ai4v.kit.database.journalstatement import LIST_OF, JournalStatements
from ai4v.kit.database.journaltable import RequestStatus
from ai4v.kit.paging import Cursor, Page, take_page


class SupersededError(PlatformError):
    """A later call with the same idempotency key does this work now."""

    code = "CONFLICT"
    status = 409


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
    """Rows of requests and results; each method is one statement, committed on return.

    A request costs one round trip before the work and one after it.

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
        self._statements = JournalStatements.of(requests, results)

    async def start(self, request: RequestT) -> None:
        """Insert the row of a request that is about to be worked on, or take it over."""
        values = _values(request)
        values["timeout"] = timedelta(seconds=request.timeout_s)
        del values["timeout_s"]
        has_key = request.idempotency_key is not None
        await self._database.execute(
            self._statements.take_over if has_key else self._statements.start, values
        )

    async def complete(self, request: RequestT, results: Sequence[ResultT]) -> None:
        """Insert the results and mark the request completed, both or neither.

        Raises:
            SupersededError: the row was taken over; nothing was changed.
        """
        rows = [_values(result) for result in results]
        columns = {LIST_OF + name: [row[name] for row in rows] for name in rows[0]}
        found = await self._database.execute(
            self._statements.complete, {"of": request.id, "count": len(rows), **columns}
        )
        if request.idempotency_key is not None and not found:
            raise SupersededError("another call with the same idempotency key took over")

    async def fail(
        self, request_id: UUID, status: RequestStatus, *, error_code: str | None = None
    ) -> None:
        """Mark a request that has not ended as ended without a result."""
        await self._database.execute(
            self._statements.end, {"of": request_id, "ending": status, "code": error_code}
        )

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
        return len(await self._database.execute(statement))

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
        found = [
            self._record(
                **{**dict(zip(names, row, strict=True)), "status": RequestStatus(row.status)}
            )
            for row in await self._database.execute(statement)
        ]
        return take_page(found, size, lambda record: Cursor(record.started_at, record.id))

    def _sum(self, name: str) -> Any:  # noqa: ANN401 - SQLAlchemy's label of an unknown type
        requests = self._requests.c
        total = select(func.sum(self._results.c[name])).where(
            self._owner == requests.id, requests.status == RequestStatus.COMPLETED
        )
        return total.scalar_subquery().label(name)


def _values(row: NewRequest | ItemResult) -> dict[str, object]:
    return {field.name: getattr(row, field.name) for field in fields(row)}
