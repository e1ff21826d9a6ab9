"""One row for each idempotency key of a user, which a repeated call takes over."""

import sqlalchemy as sa
from alembic import op

revision = "tts_0002"
down_revision = "tts_0001"
branch_labels = None
depends_on = None

_FOREIGN_KEY = "fk_tts_results_tts_request_id_tts_requests"


def upgrade() -> None:
    op.add_column("tts_requests", sa.Column("idempotency_key", sa.String(300)), schema="tts")
    op.create_index(
        "uq_tts_requests_user_id_idempotency_key",
        "tts_requests",
        ["user_id", "idempotency_key"],
        unique=True,
        schema="tts",
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    _refer(onupdate="CASCADE")


def _refer(*, onupdate: str | None) -> None:
    """Have results follow their request when it gets another id, or not."""
    op.drop_constraint(_FOREIGN_KEY, "tts_results", schema="tts", type_="foreignkey")
    op.create_foreign_key(
        _FOREIGN_KEY,
        *("tts_results", "tts_requests"),
        ["tts_request_id"],
        ["id"],
        source_schema="tts",
        referent_schema="tts",
        ondelete="CASCADE",
        onupdate=onupdate,
    )


def downgrade() -> None:
    _refer(onupdate=None)
    op.drop_index(
        "uq_tts_requests_user_id_idempotency_key", table_name="tts_requests", schema="tts"
    )
    op.drop_column("tts_requests", "idempotency_key", schema="tts")
