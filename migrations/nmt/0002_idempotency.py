"""One row for each idempotency key of a user, which a repeated call takes over."""

import sqlalchemy as sa
from alembic import op

revision = "nmt_0002"
down_revision = "nmt_0001"
branch_labels = None
depends_on = None

_FOREIGN_KEY = "fk_nmt_results_nmt_request_id_nmt_requests"


def upgrade() -> None:
    op.add_column("nmt_requests", sa.Column("idempotency_key", sa.String(300)), schema="nmt")
    op.create_index(
        "uq_nmt_requests_user_id_idempotency_key",
        "nmt_requests",
        ["user_id", "idempotency_key"],
        unique=True,
        schema="nmt",
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    _refer(onupdate="CASCADE")


def _refer(*, onupdate: str | None) -> None:
    """Have results follow their request when it gets another id, or not."""
    op.drop_constraint(_FOREIGN_KEY, "nmt_results", schema="nmt", type_="foreignkey")
    op.create_foreign_key(
        _FOREIGN_KEY,
        *("nmt_results", "nmt_requests"),
        ["nmt_request_id"],
        ["id"],
        source_schema="nmt",
        referent_schema="nmt",
        ondelete="CASCADE",
        onupdate=onupdate,
    )


def downgrade() -> None:
    _refer(onupdate=None)
    op.drop_index(
        "uq_nmt_requests_user_id_idempotency_key", table_name="nmt_requests", schema="nmt"
    )
    op.drop_column("nmt_requests", "idempotency_key", schema="nmt")
