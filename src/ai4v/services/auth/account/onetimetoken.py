"""Tokens that are good once: 256 bits, of which only the SHA-256 is stored."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from ai4v.contracts.account import Purpose
from ai4v.contracts.identity import hash_credential

PREFIX: Final = "a4o_"
"""So that a leak scanner knows one."""
LIFETIMES: Final = {
    Purpose.VERIFY_EMAIL: timedelta(hours=24),
    Purpose.RESET_PASSWORD: timedelta(hours=1),
}
_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class OneTimeToken:
    """What is stored of a token."""

    token_hash: str = field(repr=False)
    user_id: UUID
    purpose: Purpose
    email: str | None
    """The address that it was sent to, and proves; None: handed over by the operator."""
    expires_at: datetime


def mint_token(
    user_id: UUID, purpose: Purpose, email: str | None, now: datetime
) -> tuple[str, OneTimeToken]:
    """Return a new token, and what is stored of it."""
    token = PREFIX + secrets.token_urlsafe(_BYTES)
    kept = OneTimeToken(hash_credential(token), user_id, purpose, email, now + LIFETIMES[purpose])
    return token, kept
