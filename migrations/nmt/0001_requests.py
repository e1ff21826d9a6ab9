"""Requests and results."""

import sqlalchemy as sa
from alembic import op

revision = "nmt_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_requests()
    _create_results()


def _create_requests() -> None:
    op.create_table(
        "nmt_requests",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("key_id", sa.Uuid),
        sa.Column("instance_id", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("error_code", sa.String(64)),
        sa.Column("source_language", sa.String(16), nullable=False),
        sa.Column("target_language", sa.String(16), nullable=False),
        sa.Column("model_id", sa.String(200), nullable=False),
        sa.Column("item_count", sa.SmallInteger, nullable=False),
        sa.Column(
            "started_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
        ),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_nmt_requests"),
        sa.CheckConstraint(
            "status IN ('started', 'completed', 'failed', 'cancelled', 'abandoned')",
            name="ck_nmt_requests_status",
        ),
        schema="nmt",
    )
    op.create_index(
        "ix_nmt_requests_user_id_started_at_id",
        "nmt_requests",
        ["user_id", "started_at", "id"],
        schema="nmt",
    )
    op.create_index(
        "ix_nmt_requests_open",
        "nmt_requests",
        ["started_at"],
        schema="nmt",
        postgresql_where=sa.text("status = 'started'"),
    )


def _create_results() -> None:
    op.create_table(
        "nmt_results",
        sa.Column("nmt_request_id", sa.Uuid, nullable=False),
        sa.Column("item_index", sa.SmallInteger, nullable=False),
        sa.Column("source_language", sa.String(16), nullable=False),
        sa.Column("characters_in", sa.Integer, nullable=False),
        sa.Column("characters_out", sa.Integer, nullable=False),
        sa.Column("tier", sa.String(16), nullable=False),
        sa.Column("is_script_right", sa.Boolean, nullable=False),
        sa.Column("is_whole", sa.Boolean, nullable=False),
        sa.Column("processing_s", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("nmt_request_id", "item_index", name="pk_nmt_results"),
        sa.ForeignKeyConstraint(
            ["nmt_request_id"],
            ["nmt.nmt_requests.id"],
            name="fk_nmt_results_nmt_request_id_nmt_requests",
            ondelete="CASCADE",
        ),
        schema="nmt",
    )


def downgrade() -> None:
    op.drop_table("nmt_results", schema="nmt")
    op.drop_table("nmt_requests", schema="nmt")
