"""What is said to and by the auth service through the gateway: sign-in, users, API keys."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

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
KeyName = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,100}$")]


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class LoginRequest(_Request):
    """POST /api/v1/auth/login."""

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

    current_password: GivenPassword
    new_password: NewPassword


class UserCreation(_Request):
    """POST /api/v1/auth/users."""

    username: Username
    password: NewPassword
    role: Role = Role.USER
    email: Email | None = None
    """Taken as verified: the administrator answers for it."""


class UserChange(_Request):
    """PATCH /api/v1/auth/users/{user_id}."""

    is_active: bool
    """False: signs the user out and revokes their keys for good; True lets them sign in again."""


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


class KeyLimits(RateLimits):
    """Limits asked for; above the defaults only by an administrator."""

    model_config = ConfigDict(extra="forbid")

    per_minute: int = Field(default=60, ge=1, le=1_000_000)
    per_hour: int = Field(default=1_000, ge=1, le=1_000_000)
    per_day: int = Field(default=10_000, ge=1, le=1_000_000)


class KeyCreation(_Request):
    """POST /api/v1/auth/keys."""

    name: KeyName
    expires_at: AwareDatetime | None = None
    """In the future, at most ten years ahead; None: good until revoked."""
    limits: KeyLimits = KeyLimits()


class KeyView(_Answer):
    """An API key, without the key."""

    id: UUID
    owner_id: UUID
    name: str
    prefix: str
    """The part of the key that is no secret, to tell keys apart."""
    limits: RateLimits
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    """Within a quarter of an hour."""


class CreatedKey(KeyView):
    """A new key: the only time that it is shown."""

    key: str = Field(repr=False)


class KeyList(_Answer):
    """One page of keys, newest first, the revoked ones too."""

    keys: tuple[KeyView, ...]
    next_cursor: str | None
    """Ask with it for the next page; None: this is the last."""
