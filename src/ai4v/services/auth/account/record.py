"""What is known of a user; the hash of a password is all that is secret in it."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ai4v.contracts.role import Role


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in while active."""

    id: UUID
    username: str
    password_hash: str | None = field(repr=False)
    """None: cannot sign in with a password."""
    role: Role
    is_active: bool
    created_at: datetime
    email: str | None = None
    email_verified_at: datetime | None = None
