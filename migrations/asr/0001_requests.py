"""Requests and results."""

import sqlalchemy as sa
from alembic import op

revision = "asr_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_requests()
    _create_results()


def _create_requests() -> None:
    op.create_table(
        "asr_requests",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("key_id", sa.Uuid),
        sa.Column("instance_id", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("error_code", sa.String(64)),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("task", sa.String(32), nullable=False),
        sa.Column("model_id", sa.String(200), nullable=False),
        sa.Column("item_count", sa.SmallInteger, nullable=False),
        sa.Column(
            "started_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
        ),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_asr_requests"),
        sa.CheckConstraint(
            "status IN ('started', 'completed', 'failed', 'cancelled', 'abandoned')",
            name="ck_asr_requests_status",
        ),
        schema="asr",
    )
    op.create_index(
        "ix_asr_requests_user_id_started_at_id",
        "asr_requests",
        ["user_id", "started_at", "id"],
        schema="asr",
    )
    op.create_index(
        "ix_asr_requests_open",
        "asr_requests",
        ["started_at"],
        schema="asr",
        postgresql_where=sa.text("status = 'started'"),
    )


def _create_results() -> None:
    op.create_table(
        "asr_results",
        sa.Column("asr_request_id", sa.Uuid, nullable=False),
        sa.Column("item_index", sa.SmallInteger, nullable=False),
        sa.Column("language", sa.String(16)),
        sa.Column("audio_s", sa.Double, nullable=False),
        sa.Column("processing_s", sa.Double, nullable=False),
        sa.Column("is_silence", sa.Boolean, nullable=False),
        sa.Column("is_script_right", sa.Boolean, nullable=False),
        sa.Column("confidence", sa.Double),
        sa.PrimaryKeyConstraint("asr_request_id", "item_index", name="pk_asr_results"),
        sa.ForeignKeyConstraint(
            ["asr_request_id"],
            ["asr.asr_requests.id"],
            name="fk_asr_results_asr_request_id_asr_requests",
            ondelete="CASCADE",
        ),
        schema="asr",
    )


def downgrade() -> None:
    op.drop_table("asr_results", schema="asr")
    op.drop_table("asr_requests", schema="asr")
