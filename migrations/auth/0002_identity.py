"""Accounts, sessions with refresh tokens, roles with permissions, scoped keys, the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "auth_0002"
down_revision = "auth_0001"
branch_labels = None
depends_on = None

_SCHEMA = "auth"
_TIME = sa.DateTime(timezone=True)
_TEXTS = sa.ARRAY(sa.String(200))
_NO_TEXTS = sa.text("'{}'")
_READING = ("asr:read", "tts:read", "nmt:read", "pipeline:read")
_USING = (*_READING, "asr:use", "tts:use", "nmt:use", "pipeline:use")
_MODERATING = ("key:manage-any", "user:read", "audit:read", "platform:observe")
_FIRST_PERMISSIONS = {
    "admin": (
        *_USING,
        "account:self",
        "key:manage",
        *_MODERATING,
        "user:manage",
        "role:manage",
    ),
    "moderator": (*_USING, "account:self", "key:manage", *_MODERATING),
    "user": (*_USING, "account:self", "key:manage"),
    "guest": (*_READING, "account:self"),
}


def upgrade() -> None:
    _widen_users()
    _create_account_tables()
    _create_sign_in_flows()
    _create_session_tables()
    _create_role_permissions()
    _widen_api_keys()
    _create_audit_log()


def _widen_users() -> None:
    for column in (
        sa.Column("email", sa.String(254)),
        sa.Column("email_verified_at", _TIME),
    ):
        op.add_column("users", column, schema=_SCHEMA)
    op.alter_column("users", "password_hash", nullable=True, schema=_SCHEMA)
    op.drop_constraint("ck_users_role", "users", schema=_SCHEMA)
    op.create_check_constraint(
        "ck_users_role", "users", "role IN ('admin', 'moderator', 'user', 'guest')", schema=_SCHEMA
    )
    op.create_check_constraint("ck_users_email", "users", "email = lower(email)", schema=_SCHEMA)
    op.create_unique_constraint("uq_users_email", "users", ["email"], schema=_SCHEMA)


def _create_account_tables() -> None:
    op.create_table(
        "one_time_tokens",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("email", sa.String(254)),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_one_time_tokens"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["auth.users.id"], name="fk_one_time_tokens_user_id_users"
        ),
        schema=_SCHEMA,
    )
    op.create_index(
        "ix_one_time_tokens_user_id", "one_time_tokens", ["user_id", "purpose"], schema=_SCHEMA
    )
    op.create_table(
        "identities",
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("email", sa.String(254)),
        sa.Column("linked_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("provider", "subject", name="pk_identities"),
        sa.ForeignKeyConstraint(["user_id"], ["auth.users.id"], name="fk_identities_user_id_users"),
        schema=_SCHEMA,
    )
    op.create_index("ix_identities_user_id", "identities", ["user_id"], schema=_SCHEMA)


def _create_sign_in_flows() -> None:
    op.create_table(
        "sign_in_flows",
        sa.Column("state_hash", sa.String(64), nullable=False),
        sa.Column("browser_hash", sa.String(64), nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("code_verifier", sa.String(128), nullable=False),
        sa.Column("return_to", sa.String(2048), nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name="pk_sign_in_flows"),
        schema=_SCHEMA,
    )


def _create_session_tables() -> None:
    op.execute(sa.text("DELETE FROM auth.sessions"))  # they last 15 minutes: all sign in again
    op.drop_column("sessions", "token_hash", schema=_SCHEMA)
    for column in (
        sa.Column("method", sa.String(64), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("last_used_at", _TIME, nullable=False),
        sa.Column("address", sa.String(45)),
        sa.Column("user_agent", sa.String(256)),
    ):
        op.add_column("sessions", column, schema=_SCHEMA)
    for table, used in (("access_tokens", False), ("refresh_tokens", True)):
        op.create_table(
            table,
            sa.Column("token_hash", sa.String(64), nullable=False),
            sa.Column("session_id", sa.Uuid, nullable=False),
            sa.Column("expires_at", _TIME, nullable=False),
            *((sa.Column("used_at", _TIME),) if used else ()),
            sa.PrimaryKeyConstraint("token_hash", name=f"pk_{table}"),
            sa.ForeignKeyConstraint(
                ["session_id"],
                ["auth.sessions.id"],
                name=f"fk_{table}_session_id_sessions",
                ondelete="CASCADE",
            ),
            schema=_SCHEMA,
        )
        op.create_index(f"ix_{table}_session_id", table, ["session_id"], schema=_SCHEMA)


def _create_role_permissions() -> None:
    table = op.create_table(
        "role_permissions",
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("permission", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("role", "permission", name="pk_role_permissions"),
        sa.CheckConstraint(
            "role IN ('admin', 'moderator', 'user', 'guest')", name="ck_role_permissions_role"
        ),
        schema=_SCHEMA,
    )
    op.bulk_insert(
        table,
        [
            {"role": role, "permission": permission}
            for role, permissions in _FIRST_PERMISSIONS.items()
            for permission in permissions
        ],
    )


def _widen_api_keys() -> None:
    for name in ("permissions", "services", "tasks", "languages", "models", "networks"):
        op.add_column(
            "api_keys",
            sa.Column(name, _TEXTS, nullable=False, server_default=_NO_TEXTS),
            schema=_SCHEMA,
        )
    for column in (
        sa.Column("audio_s_per_day", sa.Integer, nullable=False, server_default="36000"),
        sa.Column("characters_per_day", sa.Integer, nullable=False, server_default="1000000"),
        sa.Column("replaces_id", sa.Uuid),
    ):
        op.add_column("api_keys", column, schema=_SCHEMA)
    # What a key made before could do: all that its owner could.
    op.execute(
        sa.text(
            "UPDATE auth.api_keys SET permissions = ARRAY(SELECT DISTINCT permission"
            " FROM auth.role_permissions WHERE role = 'admin')"
        )
    )


def _create_audit_log() -> None:
    op.create_table(
        "audit_events",
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("target", sa.String(256), nullable=False),
        sa.Column("before", sa.JSON),
        sa.Column("after", sa.JSON),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("address", sa.String(45)),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit_events"),
        schema=_SCHEMA,
    )
    op.create_index("ix_audit_events_at", "audit_events", ["at"], schema=_SCHEMA)
    op.create_index("ix_audit_events_actor", "audit_events", ["actor", "sequence"], schema=_SCHEMA)
    op.execute(
        sa.text(
            "CREATE FUNCTION auth.refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$"
        )
    )
    op.execute(
        sa.text(
            "CREATE TRIGGER audit_events_append_only"
            " BEFORE UPDATE OR DELETE OR TRUNCATE ON auth.audit_events"
            " FOR EACH STATEMENT EXECUTE FUNCTION auth.refuse_change()"
        )
    )


def downgrade() -> None:
    op.drop_table("audit_events", schema=_SCHEMA)
    op.execute(sa.text("DROP FUNCTION auth.refuse_change()"))
    for name in (
        *("permissions", "services", "tasks", "languages", "models", "networks"),
        *("audio_s_per_day", "characters_per_day", "replaces_id"),
    ):
        op.drop_column("api_keys", name, schema=_SCHEMA)
    for table in (
        *("role_permissions", "refresh_tokens", "access_tokens"),
        *("sign_in_flows", "identities", "one_time_tokens"),
    ):
        op.drop_table(table, schema=_SCHEMA)
    op.execute(sa.text("DELETE FROM auth.sessions"))
    for name in ("method", "created_at", "last_used_at", "address", "user_agent"):
        op.drop_column("sessions", name, schema=_SCHEMA)
    op.add_column(
        "sessions", sa.Column("token_hash", sa.String(64), nullable=False), schema=_SCHEMA
    )
    _narrow_users()


def _narrow_users() -> None:
    op.drop_constraint("uq_users_email", "users", schema=_SCHEMA)
    op.drop_constraint("ck_users_email", "users", schema=_SCHEMA)
    op.drop_constraint("ck_users_role", "users", schema=_SCHEMA)
    op.execute(sa.text("UPDATE auth.users SET role = 'user' WHERE role IN ('moderator', 'guest')"))
    op.create_check_constraint(
        "ck_users_role", "users", "role IN ('admin', 'user')", schema=_SCHEMA
    )
    op.execute(sa.text("UPDATE auth.users SET password_hash = '' WHERE password_hash IS NULL"))
    op.alter_column("users", "password_hash", nullable=False, schema=_SCHEMA)
    for name in ("email", "email_verified_at"):
        op.drop_column("users", name, schema=_SCHEMA)
