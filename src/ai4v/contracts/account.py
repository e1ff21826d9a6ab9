"""What is said about accounts: registration, proof of an e-mail address, passwords, one's own data.

No answer to somebody who has not signed in tells whether a name or an address is known.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from ai4v.contracts.auth import Email, GivenPassword, NewPassword
from ai4v.contracts.example import OF_A_LETTER, OTHER_WORDS, WORDS, shown

RegisteredName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$", to_lower=True)
]
"""A username without @: nobody who registers may be called by somebody else's address."""
OneTimeToken = Annotated[SecretStr, Field(min_length=1, max_length=128)]


class Purpose(StrEnum):
    """What a one-time token is good for."""

    VERIFY_EMAIL = "verify-email"
    """24 hours."""
    RESET_PASSWORD = "reset-password"  # noqa: S105 - the name of a purpose
    """An hour."""


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Registration(_Request):
    """POST /api/v1/auth/register."""

    model_config = shown({"username": "ravi", "email": "ravi@example.org", "password": WORDS})

    username: RegisteredName
    email: Email
    password: NewPassword


class EmailVerification(_Request):
    """POST /api/v1/auth/verify-email: with the token of the letter's link."""

    model_config = shown({"token": OF_A_LETTER})

    token: OneTimeToken


class VerificationRequest(_Request):
    """POST /api/v1/auth/verify-email/resend."""

    model_config = shown({"email": "asha@example.org"})

    email: Email


class ResetRequest(_Request):
    """POST /api/v1/auth/password/reset."""

    model_config = shown({"account": "asha"})

    account: Annotated[
        str, StringConstraints(max_length=254, pattern=r"^[^\x00-\x1f\x7f]+$", to_lower=True)
    ]
    """A username or an e-mail address."""


class ResetConfirmation(_Request):
    """POST /api/v1/auth/password/reset/confirm: ends every session of the user, keeps the keys."""

    model_config = shown({"token": OF_A_LETTER, "new_password": OTHER_WORDS})

    token: OneTimeToken
    new_password: NewPassword


class Accepted(_Answer):
    """The one answer to whatever may or may not cause a letter."""

    message: str


class MeChange(_Request):
    """PATCH /api/v1/auth/me: the new address counts once the link sent to it has been opened."""

    model_config = shown({"email": "asha@example.net", "current_password": WORDS})

    email: Email
    current_password: GivenPassword


class Deactivation(_Request):
    """POST /api/v1/auth/me/deactivate: ends the sessions, revokes the keys for good."""

    model_config = shown({"current_password": WORDS})

    current_password: GivenPassword


class LinkRequest(_Request):
    """The operator's POST /internal/users/{username}/link."""

    purpose: Purpose


class LinkView(_Answer):
    """A link to hand to a user, when no letter can; the older ones of its purpose are void."""

    user_id: UUID
    url: str = Field(repr=False)
    expires_at: datetime
