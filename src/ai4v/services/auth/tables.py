"""The tables of the schema `auth`. They never hold a password, a key or a token."""

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Uuid,
    text,
)

from ai4v.kit.database.connection import schema_metadata

METADATA: Final = schema_metadata("auth")
_IS_REVOKED: Final = text("revoked_at IS NOT NULL")

USERS: Final = Table(
    "users",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("username", String(64), nullable=False, unique=True),
    Column("password_hash", String(128), nullable=False),
    Column("role", String(16), nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("username = lower(username)", name="username"),
    CheckConstraint("role IN ('admin', 'user')", name="role"),
    Index("ix_users_created_at_id", "created_at", "id"),
)

API_KEYS: Final = Table(
    "api_keys",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("owner_id", ForeignKey(USERS.c.id), nullable=False),
    Column("name", String(100), nullable=False),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("per_minute", Integer, nullable=False),
    Column("per_hour", Integer, nullable=False),
    Column("per_day", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    Column("last_used_at", DateTime(timezone=True)),
    Index("ix_api_keys_owner_id_created_at_id", "owner_id", "created_at", "id"),
    Index("ix_api_keys_created_at_id", "created_at", "id"),
    Index("ix_api_keys_revoked", "revoked_at", postgresql_where=_IS_REVOKED),
)

SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("user_id", ForeignKey(USERS.c.id), nullable=False),
    Column("token_hash", String(64), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
    Index("ix_sessions_user_id", "user_id"),
    Index("ix_sessions_revoked", "revoked_at", postgresql_where=_IS_REVOKED),
)
