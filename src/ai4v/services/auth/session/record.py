"""What is known of a session and its tokens."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request for tokens came from, for users to tell their sessions apart."""

    address: str | None
    user_agent: str | None
    """At most 256 characters."""


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in, and everything that was renewed from it."""

    id: UUID
    user_id: UUID
    method: str
    """`password` or `provider:<name>`."""
    origin: Origin
    """Of its last use."""
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    """UTC; its end, used or not."""


@dataclass(frozen=True, slots=True)
class AccessGrant:
    """What an access token says."""

    user_id: UUID
    session_id: UUID
    expires_at: datetime
    """UTC, whole seconds."""


@dataclass(frozen=True, slots=True)
class IssuedPair:
    """Two new tokens of a session, and their ends; they are shown once and never stored."""

    access_token: str = field(repr=False)
    access_expires_at: datetime
    refresh_token: str = field(repr=False)
    refresh_expires_at: datetime
