"""What happened, kept in PostgreSQL: who asked when, on which model, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import Row, Update, and_, func, insert, literal, or_, select, tuple_, update

from ai4v.kit.database import Database
from ai4v.kit.paging import Cursor, Page, take_page
from ai4v.services.asr.tables import REQUESTS, RESULTS


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


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request that is about to be worked on."""

    id: UUID
    request_id: str
    user_id: UUID
    key_id: UUID | None
    instance_id: str
    language: str
    task: str
    model_id: str
    item_count: int
    timeout_s: float
    """Until the caller stops waiting."""


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of one item; no text."""

    language: str | None
    audio_s: float
    processing_s: float
    is_silence: bool
    is_script_right: bool
    confidence: float | None


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """A request as its owner sees it afterwards."""

    id: UUID
    request_id: str
    status: RequestStatus
    error_code: str | None
    language: str
    task: str
    model_id: str
    item_count: int
    audio_s: float | None
    """Seconds of sound; None unless completed."""
    started_at: datetime
    finished_at: datetime | None


class RequestRepository:
    """Rows of requests and results; each method is one transaction, committed on return.

    Every method raises `DatabaseUnavailableError` when PostgreSQL cannot be reached.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(self, request: NewRequest) -> None:
        """Insert the row of a request that is about to be worked on."""
        statement = insert(REQUESTS).values(
            id=request.id,
            request_id=request.request_id,
            user_id=request.user_id,
            key_id=request.key_id,
            instance_id=request.instance_id,
            status=RequestStatus.STARTED,
            language=request.language,
            task=request.task,
            model_id=request.model_id,
            item_count=request.item_count,
            deadline_at=func.now() + timedelta(seconds=request.timeout_s),
        )
        async with self._database.transaction() as session:
            await session.execute(statement)

    async def complete(self, request_id: UUID, results: Sequence[ItemResult]) -> None:
        """Insert the results and mark the request completed, both or neither."""
        rows = [
            {
                "asr_request_id": request_id,
                "item_index": index,
                "language": result.language,
                "audio_s": result.audio_s,
                "processing_s": result.processing_s,
                "is_silence": result.is_silence,
                "is_script_right": result.is_script_right,
                "confidence": result.confidence,
            }
            for index, result in enumerate(results)
        ]
        async with self._database.transaction() as session:
            await session.execute(insert(RESULTS), rows)
            await session.execute(
                _ending(RequestStatus.COMPLETED).where(REQUESTS.c.id == request_id)
            )

    async def fail(
        self, request_id: UUID, status: RequestStatus, *, error_code: str | None = None
    ) -> None:
        """Mark a request that has not ended as ended without a result."""
        statement = _ending(status, error_code).where(REQUESTS.c.id == request_id)
        async with self._database.transaction() as session:
            await session.execute(statement)

    async def abandon(self, *, alive: Sequence[str] | None, lease_s: float, grace_s: float) -> int:
        """Mark as abandoned the requests that nobody works on any more; return how many.

        Args:
            alive: ids of the live instances; None when that is not known.
            lease_s: a request of an instance that is not alive is left alone for so long.
            grace_s: so long after its deadline a request is abandoned whoever works on it.
        """
        is_late = REQUESTS.c.deadline_at < func.now() - timedelta(seconds=grace_s)
        is_orphan = and_(
            REQUESTS.c.instance_id.not_in(alive or ()),
            REQUESTS.c.started_at <= func.now() - timedelta(seconds=lease_s),
        )
        statement = (
            update(REQUESTS)
            .where(REQUESTS.c.status == RequestStatus.STARTED)
            .where(is_late if alive is None else or_(is_late, is_orphan))
            .values(status=RequestStatus.ABANDONED, finished_at=func.now())
            .returning(REQUESTS.c.id)
        )
        async with self._database.transaction() as session:
            return len((await session.execute(statement)).all())

    async def page(
        self, user_id: UUID, *, size: int, after: Cursor | None = None
    ) -> Page[RequestRecord]:
        """Return requests of a user, newest first."""
        audio_s = (
            select(func.sum(RESULTS.c.audio_s))
            .where(RESULTS.c.asr_request_id == REQUESTS.c.id)
            .scalar_subquery()
        )
        statement = (
            select(REQUESTS, audio_s.label("audio_s"))
            .where(REQUESTS.c.user_id == user_id)
            .order_by(REQUESTS.c.started_at.desc(), REQUESTS.c.id.desc())
            .limit(size + 1)
        )
        if after is not None:
            place = tuple_(REQUESTS.c.started_at, REQUESTS.c.id)
            statement = statement.where(place < tuple_(literal(after.at), literal(after.row_id)))
        async with self._database.transaction() as session:
            found = [_record(row) for row in await session.execute(statement)]
        return take_page(found, size, lambda record: Cursor(record.started_at, record.id))


def _ending(status: RequestStatus, error_code: str | None = None) -> Update:
    return (
        update(REQUESTS)
        .where(REQUESTS.c.status.in_(_OPEN))
        .values(status=status, error_code=error_code, finished_at=func.now())
    )


def _record(row: Row[tuple[object, ...]]) -> RequestRecord:
    return RequestRecord(
        id=row.id,
        request_id=row.request_id,
        status=RequestStatus(row.status),
        error_code=row.error_code,
        language=row.language,
        task=row.task,
        model_id=row.model_id,
        item_count=row.item_count,
        audio_s=row.audio_s,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
