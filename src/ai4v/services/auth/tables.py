"""The tables of the schema `auth`. They never hold a password, a key or a token."""

from datetime import datetime
from typing import Final

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
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
_ROLES: Final = "role IN ('admin', 'moderator', 'user', 'guest')"


def _time(name: str, *, is_optional: bool = False) -> Column[datetime]:
    return Column(name, DateTime(timezone=True), nullable=is_optional)


def _texts(name: str) -> Column[list[str]]:
    return Column(name, ARRAY(String(200)), nullable=False, server_default=text("'{}'"))


USERS: Final = Table(
    "users",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("username", String(64), nullable=False, unique=True),
    Column("password_hash", String(128)),
    Column("role", String(16), nullable=False),
    Column("is_active", Boolean, nullable=False),
    _time("created_at"),
    Column("email", String(254), unique=True),
    _time("email_verified_at", is_optional=True),
    CheckConstraint("username = lower(username)", name="username"),
    CheckConstraint("email = lower(email)", name="email"),
    CheckConstraint(_ROLES, name="role"),
    Index("ix_users_created_at_id", "created_at", "id"),
)

ONE_TIME_TOKENS: Final = Table(
    "one_time_tokens",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", ForeignKey(USERS.c.id), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("email", String(254)),
    _time("expires_at"),
    Index("ix_one_time_tokens_user_id", "user_id", "purpose"),
)
"""Links in letters and tickets of a sign-in elsewhere; a row is deleted when it is used."""

IDENTITIES: Final = Table(
    "identities",
    METADATA,
    Column("provider", String(64), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("user_id", ForeignKey(USERS.c.id), nullable=False),
    Column("email", String(254)),
    _time("linked_at"),
    Index("ix_identities_user_id", "user_id"),
)
"""Who users are at the providers that they sign in with."""

SIGN_IN_FLOWS: Final = Table(
    "sign_in_flows",
    METADATA,
    Column("state_hash", String(64), primary_key=True),
    Column("browser_hash", String(64), nullable=False),
    Column("provider", String(64), nullable=False),
    Column("nonce", String(64), nullable=False),
    Column("code_verifier", String(128), nullable=False),
    Column("return_to", String(2048), nullable=False),
    _time("expires_at"),
)
"""Sign-ins that are at a provider just now; a row is deleted when the user comes back."""

ROLE_PERMISSIONS: Final = Table(
    "role_permissions",
    METADATA,
    Column("role", String(16), primary_key=True),
    Column("permission", String(64), primary_key=True),
    CheckConstraint(_ROLES, name="role"),
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
    _time("created_at"),
    _time("expires_at", is_optional=True),
    _time("revoked_at", is_optional=True),
    _time("last_used_at", is_optional=True),
    _texts("permissions"),
    _texts("services"),
    _texts("tasks"),
    _texts("languages"),
    _texts("models"),
    _texts("networks"),
    Column("audio_s_per_day", Integer, nullable=False, server_default="36000"),
    Column("characters_per_day", Integer, nullable=False, server_default="1000000"),
    Column("replaces_id", Uuid),
    Column("burst", Integer),
    Index("ix_api_keys_owner_id_created_at_id", "owner_id", "created_at", "id"),
    Index("ix_api_keys_created_at_id", "created_at", "id"),
    Index("ix_api_keys_revoked", "revoked_at", postgresql_where=_IS_REVOKED),
)

SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("user_id", ForeignKey(USERS.c.id), nullable=False),
    _time("expires_at"),
    _time("revoked_at", is_optional=True),
    Column("method", String(64), nullable=False),
    _time("created_at"),
    _time("last_used_at"),
    Column("address", String(45)),
    Column("user_agent", String(256)),
    Index("ix_sessions_user_id", "user_id"),
    Index("ix_sessions_revoked", "revoked_at", postgresql_where=_IS_REVOKED),
)
"""`method` is `password` or `provider:<name>`; a session is the family of its refresh tokens."""

ACCESS_TOKENS: Final = Table(
    "access_tokens",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    Column("session_id", ForeignKey(SESSIONS.c.id, ondelete="CASCADE"), nullable=False),
    _time("expires_at"),
    Index("ix_access_tokens_session_id", "session_id"),
)

REFRESH_TOKENS: Final = Table(
    "refresh_tokens",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    Column("session_id", ForeignKey(SESSIONS.c.id, ondelete="CASCADE"), nullable=False),
    _time("expires_at"),
    _time("used_at", is_optional=True),
    Index("ix_refresh_tokens_session_id", "session_id"),
)

AUDIT_EVENTS: Final = Table(
    "audit_events",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    _time("at"),
    Column("action", String(64), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("actor", String(128), nullable=False),
    Column("target", String(256), nullable=False),
    Column("before", JSON),
    Column("after", JSON),
    Column("request_id", String(64), nullable=False),
    Column("address", String(45)),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_events_at", "at"),
    Index("ix_audit_events_actor", "actor", "sequence"),
)
"""Append-only: a trigger refuses every change; each row's hash covers the one before it."""
