"""What is known of an API key; the key itself is not."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ai4v.contracts.identity import RateLimits, Scope
from ai4v.contracts.permission import USING, Permission


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key, good or not."""

    id: UUID
    owner_id: UUID
    name: str
    key_hash: str = field(repr=False)
    limits: RateLimits
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    permissions: frozenset[Permission] = USING
    """What it was made for; it has no more than its owner's role has at the moment."""
    scope: Scope = field(default_factory=Scope)
    networks: tuple[str, ...] = ()
    replaces_id: UUID | None = None
