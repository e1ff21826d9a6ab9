"""Users, API keys and sessions."""

import sqlalchemy as sa
from alembic import op

revision = "auth_0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_IS_REVOKED = sa.text("revoked_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("password_hash", sa.String(128), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("username", name="uq_users_username"),
        sa.CheckConstraint("username = lower(username)", name="ck_users_username"),
        sa.CheckConstraint("role IN ('admin', 'user')", name="ck_users_role"),
        schema="auth",
    )
    op.create_index("ix_users_created_at_id", "users", ["created_at", "id"], schema="auth")
    _create_api_keys()
    _create_sessions()


def _create_api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("per_minute", sa.Integer, nullable=False),
        sa.Column("per_hour", sa.Integer, nullable=False),
        sa.Column("per_day", sa.Integer, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME),
        sa.Column("revoked_at", _TIME),
        sa.Column("last_used_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("key_hash", name="uq_api_keys_key_hash"),
        sa.ForeignKeyConstraint(["owner_id"], ["auth.users.id"], name="fk_api_keys_owner_id_users"),
        schema="auth",
    )
    for name, columns in (
        ("ix_api_keys_owner_id_created_at_id", ["owner_id", "created_at", "id"]),
        ("ix_api_keys_created_at_id", ["created_at", "id"]),
    ):
        op.create_index(name, "api_keys", columns, schema="auth")
    op.create_index(
        "ix_api_keys_revoked",
        "api_keys",
        ["revoked_at"],
        schema="auth",
        postgresql_where=_IS_REVOKED,
    )


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("revoked_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.ForeignKeyConstraint(["user_id"], ["auth.users.id"], name="fk_sessions_user_id_users"),
        schema="auth",
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"], schema="auth")
    op.create_index(
        "ix_sessions_revoked",
        "sessions",
        ["revoked_at"],
        schema="auth",
        postgresql_where=_IS_REVOKED,
    )


def downgrade() -> None:
    for table in ("sessions", "api_keys", "users"):
        op.drop_table(table, schema="auth")
