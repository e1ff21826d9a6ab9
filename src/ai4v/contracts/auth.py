"""What is said to and by the auth service through the gateway: sign-in and users."""

from datetime import datetime
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

from ai4v.contracts.example import OTHER_WORDS, WORDS, shown
from ai4v.contracts.identity import RateLimits
from ai4v.contracts.role import Role

PASSWORD_MIN: Final = 15
"""Characters. Long instead of complicated: NIST SP 800-63B-4, section 3.1.1.2."""
PASSWORD_MAX: Final = 128

Username = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$", to_lower=True)
]
"""Up to 64 letters, digits and `. _ @ -`; capitals do not count."""
Email = Annotated[
    str,
    StringConstraints(
        pattern=(
            r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,32}(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,32}){0,4}"
            r"@[A-Za-z0-9]([A-Za-z0-9-]{0,62})?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,62})?){0,8}$"
        ),
        max_length=254,
        to_lower=True,
    ),
]
"""ASCII, without quotes and comments; capitals do not count. Other scripts write their domain in
its xn-- form."""
NewPassword = Annotated[SecretStr, Field(min_length=PASSWORD_MIN, max_length=PASSWORD_MAX)]
GivenPassword = Annotated[SecretStr, Field(max_length=PASSWORD_MAX)]


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class LoginRequest(_Request):
    """POST /api/v1/auth/login."""

    model_config = shown({"username": "asha", "password": WORDS})

    username: Username
    password: GivenPassword


class AccessToken(_Answer):
    """A signed-in session; sent as `Authorization: Bearer <access_token>`."""

    access_token: str = Field(repr=False)
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme
    expires_in: int
    """Seconds."""


class PasswordChange(_Request):
    """POST /api/v1/auth/password: ends every session of the user, keeps the keys."""

    model_config = shown({"current_password": WORDS, "new_password": OTHER_WORDS})

    current_password: GivenPassword
    new_password: NewPassword


class UserCreation(_Request):
    """POST /api/v1/auth/users."""

    model_config = shown({"username": "asha", "password": WORDS, "email": "asha@example.org"})

    username: Username
    password: NewPassword
    role: Role = Role.USER
    email: Email | None = None
    """Taken as verified: the administrator answers for it."""


class UserChange(_Request):
    """PATCH /api/v1/auth/users/{user_id}."""

    model_config = shown({"role": "moderator"})

    is_active: bool | None = None
    """False: signs the user out and revokes their keys for good; True lets them sign in again."""
    role: Role | None = None
    """What the user is from now on; held at once by the keys and sessions that there are."""

    @model_validator(mode="after")
    def _say_one(self) -> Self:
        if (self.is_active is None) == (self.role is None):
            raise ValueError("say either is_active or role")
        return self


class UserView(_Answer):
    """A user as administrators see them."""

    id: UUID
    username: str
    role: Role
    is_active: bool
    created_at: datetime
    email: str | None = None
    is_email_verified: bool = False


class UserList(_Answer):
    """One page of users, newest first."""

    users: tuple[UserView, ...]
    next_cursor: str | None
    """Ask with it for the next page; None: this is the last."""


class Me(_Answer):
    """Who is asking, and by what."""

    user: UserView
    key_id: UUID | None
    """None when signed in with a password."""
    limits: RateLimits
