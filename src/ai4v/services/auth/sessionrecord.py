"""What is known of a session."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Session:
    """What an access token stands for."""

    id: UUID
    user_id: UUID
    expires_at: datetime
    """UTC, whole seconds."""
