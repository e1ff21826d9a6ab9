"""Tokens that are good once: 256 bits, of which only the SHA-256 is stored."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

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
    purpose: Purpose
    expires_at: datetime


def mint_token(purpose: Purpose, now: datetime) -> tuple[str, OneTimeToken]:
    """Return a new token, and what is stored of it."""
    token = PREFIX + secrets.token_urlsafe(_BYTES)
    return token, OneTimeToken(hash_credential(token), purpose, now + LIFETIMES[purpose])
