"""One row for each idempotency key of a user, which a repeated call takes over."""

import sqlalchemy as sa
from alembic import op

revision = "asr_0002"
down_revision = "asr_0001"
branch_labels = None
depends_on = None

_FOREIGN_KEY = "fk_asr_results_asr_request_id_asr_requests"


def upgrade() -> None:
    op.add_column("asr_requests", sa.Column("idempotency_key", sa.String(300)), schema="asr")
    op.create_index(
        "uq_asr_requests_user_id_idempotency_key",
        "asr_requests",
        ["user_id", "idempotency_key"],
        unique=True,
        schema="asr",
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    _refer(onupdate="CASCADE")


def _refer(*, onupdate: str | None) -> None:
    """Have results follow their request when it gets another id, or not."""
    op.drop_constraint(_FOREIGN_KEY, "asr_results", schema="asr", type_="foreignkey")
    op.create_foreign_key(
        _FOREIGN_KEY,
        *("asr_results", "asr_requests"),
        ["asr_request_id"],
        ["id"],
        source_schema="asr",
        referent_schema="asr",
        ondelete="CASCADE",
        onupdate=onupdate,
    )


def downgrade() -> None:
    _refer(onupdate=None)
    op.drop_index(
        "uq_asr_requests_user_id_idempotency_key", table_name="asr_requests", schema="asr"
    )
    op.drop_column("asr_requests", "idempotency_key", schema="asr")
