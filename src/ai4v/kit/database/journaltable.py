"""The tables of a journal: the columns that every service has, beside those of its own."""

from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    MetaData,
    SmallInteger,
    String,
    Table,
    Uuid,
    func,
    text,
)

HAS_KEY: Final = text("idempotency_key IS NOT NULL")
"""What the unique index of a user's idempotency keys covers."""


class RequestStatus(StrEnum):
    """Where a request is in its life; all but `STARTED` are final."""

    STARTED = "started"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """The caller went away."""
    ABANDONED = "abandoned"
    """The instance died, or lost the database, before it could say how it ended."""


def request_table(metadata: MetaData, *own: Column[Any]) -> Table:
    """Make the table `<schema>_requests`."""
    name = f"{metadata.schema}_requests"
    return Table(
        name,
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("request_id", String(64), nullable=False),
        Column("user_id", Uuid, nullable=False),
        Column("key_id", Uuid),
        Column("instance_id", String(64), nullable=False),
        Column("status", String(16), nullable=False),
        Column("error_code", String(64)),
        *own,
        Column("model_id", String(200), nullable=False),
        Column("item_count", SmallInteger, nullable=False),
        Column("started_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("deadline_at", DateTime(timezone=True), nullable=False),
        Column("finished_at", DateTime(timezone=True)),
        Column("idempotency_key", String(300)),
        CheckConstraint(
            "status IN ('started', 'completed', 'failed', 'cancelled', 'abandoned')",
            name="status",
        ),
        Index(f"ix_{name}_user_id_started_at_id", "user_id", "started_at", "id"),
        Index(f"ix_{name}_open", "started_at", postgresql_where=text("status = 'started'")),
        Index(
            f"uq_{name}_user_id_idempotency_key",
            *("user_id", "idempotency_key"),
            unique=True,
            postgresql_where=HAS_KEY,
        ),
    )


def result_table(requests: Table, *own: Column[Any]) -> Table:
    """Make the table `<schema>_results` beside that of the requests."""
    return Table(
        f"{requests.schema}_results",
        requests.metadata,
        Column(
            f"{requests.schema}_request_id",
            ForeignKey(requests.c.id, ondelete="CASCADE", onupdate="CASCADE"),
            primary_key=True,
        ),
        Column("item_index", SmallInteger, primary_key=True),
        *own,
        Column("processing_s", Double, nullable=False),
    )
