"""Requests and results."""

import sqlalchemy as sa
from alembic import op

revision = "tts_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_requests()
    _create_results()


def _create_requests() -> None:
    op.create_table(
        "tts_requests",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("key_id", sa.Uuid),
        sa.Column("instance_id", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("error_code", sa.String(64)),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("voice_id", sa.String(64), nullable=False),
        sa.Column("model_id", sa.String(200), nullable=False),
        sa.Column("item_count", sa.SmallInteger, nullable=False),
        sa.Column(
            "started_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
        ),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_tts_requests"),
        sa.CheckConstraint(
            "status IN ('started', 'completed', 'failed', 'cancelled', 'abandoned')",
            name="ck_tts_requests_status",
        ),
        schema="tts",
    )
    op.create_index(
        "ix_tts_requests_user_id_started_at_id",
        "tts_requests",
        ["user_id", "started_at", "id"],
        schema="tts",
    )
    op.create_index(
        "ix_tts_requests_open",
        "tts_requests",
        ["started_at"],
        schema="tts",
        postgresql_where=sa.text("status = 'started'"),
    )


def _create_results() -> None:
    op.create_table(
        "tts_results",
        sa.Column("tts_request_id", sa.Uuid, nullable=False),
        sa.Column("item_index", sa.SmallInteger, nullable=False),
        sa.Column("characters", sa.Integer, nullable=False),
        sa.Column("audio_s", sa.Double, nullable=False),
        sa.Column("processing_s", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("tts_request_id", "item_index", name="pk_tts_results"),
        sa.ForeignKeyConstraint(
            ["tts_request_id"],
            ["tts.tts_requests.id"],
            name="fk_tts_results_tts_request_id_tts_requests",
            ondelete="CASCADE",
        ),
        schema="tts",
    )


def downgrade() -> None:
    op.drop_table("tts_results", schema="tts")
    op.drop_table("tts_requests", schema="tts")
