"""The tables of the schema `asr`. They never hold audio or text."""

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Table,
    Uuid,
    func,
    text,
)

from ai4v.kit.database import schema_metadata

METADATA: Final = schema_metadata("asr")

REQUESTS: Final = Table(
    "asr_requests",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("request_id", String(64), nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("key_id", Uuid),
    Column("instance_id", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("error_code", String(64)),
    Column("language", String(16), nullable=False),
    Column("task", String(32), nullable=False),
    Column("model_id", String(200), nullable=False),
    Column("item_count", SmallInteger, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("deadline_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    CheckConstraint(
        "status IN ('started', 'completed', 'failed', 'cancelled', 'abandoned')", name="status"
    ),
    Index("ix_asr_requests_user_id_started_at_id", "user_id", "started_at", "id"),
    Index("ix_asr_requests_open", "started_at", postgresql_where=text("status = 'started'")),
)

RESULTS: Final = Table(
    "asr_results",
    METADATA,
    Column("asr_request_id", ForeignKey(REQUESTS.c.id, ondelete="CASCADE"), primary_key=True),
    Column("item_index", SmallInteger, primary_key=True),
    Column("language", String(16)),
    Column("audio_s", Double, nullable=False),
    Column("processing_s", Double, nullable=False),
    Column("is_silence", Boolean, nullable=False),
    Column("is_script_right", Boolean, nullable=False),
    Column("confidence", Double),
)
