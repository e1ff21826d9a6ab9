"""What the service knows of users, their keys and their sessions; no secret among it."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ai4v.contracts.identity import RateLimits
from ai4v.contracts.role import Role


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in while active."""

    id: UUID
    username: str
    password_hash: str = field(repr=False)
    role: Role
    is_active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key."""

    id: UUID
    owner_id: UUID
    name: str
    key_hash: str = field(repr=False)
    limits: RateLimits
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """What an access token stands for."""

    id: UUID
    user_id: UUID
    expires_at: datetime
    """UTC, whole seconds."""
