"""What is said to and by the auth service about API keys."""

from collections.abc import Iterable
from datetime import datetime
from ipaddress import ip_network
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from ai4v.contracts.capability import Task
from ai4v.contracts.example import shown
from ai4v.contracts.identity import RateLimits, Scope
from ai4v.contracts.language import LANGUAGES, find_language
from ai4v.contracts.permission import Permission

NETWORKS_AT_MOST: Final = 32
NAMES_AT_MOST: Final = 64
OVERLAP_DEFAULT_S: Final = 24 * 3600
OVERLAP_AT_MOST_S: Final = 7 * 24 * 3600
_SETTABLE: Final = 1_000_000
_COST_SETTABLE: Final = 2_000_000_000


def _read_network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError:
        raise ValueError("is no block of addresses such as 203.0.113.0/24") from None


def _read_language(code: str) -> str:
    language = find_language(code)
    if language is None:
        raise ValueError(f"is none of {', '.join(LANGUAGES)}")
    return language.code


def _once(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _sort(values: object) -> object:
    return sorted(set(values)) if isinstance(values, Iterable) else values


KeyName = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,100}$")]
Network = Annotated[str, StringConstraints(max_length=64), AfterValidator(_read_network)]
"""A CIDR block, IPv4 or IPv6; one address is a block of one."""
Networks = Annotated[tuple[Network, ...], Field(max_length=NETWORKS_AT_MOST), AfterValidator(_once)]
_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$")]
_Names = Annotated[tuple[_Name, ...], Field(max_length=NAMES_AT_MOST), AfterValidator(_once)]
_Language = Annotated[str, StringConstraints(max_length=16), AfterValidator(_read_language)]
_Languages = Annotated[
    tuple[_Language, ...], Field(max_length=NAMES_AT_MOST), AfterValidator(_once)
]
_Tasks = Annotated[tuple[Task, ...], Field(max_length=NAMES_AT_MOST), AfterValidator(_once)]
SortedPermissions = Annotated[tuple[Permission, ...], BeforeValidator(_sort)]


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class KeyLimits(RateLimits):
    """Limits asked for; above the defaults only by who may manage everybody's keys."""

    model_config = ConfigDict(extra="forbid")

    per_minute: int = Field(default=60, ge=1, le=_SETTABLE)
    burst: int | None = Field(default=None, ge=1, le=_SETTABLE)
    per_hour: int = Field(default=1_000, ge=1, le=_SETTABLE)
    per_day: int = Field(default=10_000, ge=1, le=_SETTABLE)
    audio_s_per_day: int = Field(default=36_000, ge=0, le=_COST_SETTABLE)
    characters_per_day: int = Field(default=1_000_000, ge=0, le=_COST_SETTABLE)


class KeyScope(_Request):
    """What of the platform a key is asked for; an empty list means all."""

    services: _Names = ()
    """Names in services.toml."""
    tasks: _Tasks = ()
    languages: _Languages = ()
    models: _Names = ()
    """Our own model ids, not their aliases."""

    def as_scope(self) -> Scope:
        """Return it as it is kept."""
        return Scope.model_validate(self.model_dump(mode="json"))


class KeyCreation(_Request):
    """POST /api/v1/auth/keys."""

    model_config = shown(
        {
            "name": "kiosk",
            "limits": {"per_minute": 30},
            "scope": {"services": ["tts"], "languages": ["ta"]},
        }
    )

    name: KeyName
    expires_at: AwareDatetime | None = None
    """In the future, at most ten years ahead; None: good until revoked."""
    limits: KeyLimits = KeyLimits()
    permissions: frozenset[Permission] | None = None
    """Some of one's own; None: to use the platform's tasks, as far as oneself may."""
    scope: KeyScope = KeyScope()
    networks: Networks = ()
    """Where it may be used from; empty: anywhere."""


class KeyUpdate(_Request):
    """PATCH /api/v1/auth/keys/{key_id}; what is not given stays."""

    model_config = shown({"name": "kiosk at the station"})

    name: KeyName | None = None
    expires_at: AwareDatetime | None = None
    """In the future, and not later than now said."""
    limits: KeyLimits | None = None
    scope: KeyScope | None = None
    networks: Networks | None = None

    @model_validator(mode="after")
    def _change_something(self) -> Self:
        if all(getattr(self, name) is None for name in KeyUpdate.model_fields):
            raise ValueError("say what is to be changed")
        return self


class KeyRotation(_Request):
    """POST /api/v1/auth/keys/{key_id}/rotate."""

    model_config = shown({"overlap_s": 3600})

    overlap_s: int = Field(default=OVERLAP_DEFAULT_S, ge=0, le=OVERLAP_AT_MOST_S)
    """How long the old key is good beside the new one."""


class KeyView(_Answer):
    """An API key, without the key."""

    id: UUID
    owner_id: UUID
    name: str
    prefix: str
    """The part of the key that is no secret, to tell keys apart."""
    limits: RateLimits
    permissions: SortedPermissions
    """What it was made for; it has no more than its owner has at the moment."""
    scope: Scope
    networks: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    """Within a quarter of an hour."""
    replaces_id: UUID | None
    """The key that this one took over from."""


class CreatedKey(KeyView):
    """A new key: the only time that it is shown."""

    key: str = Field(repr=False)


class KeyList(_Answer):
    """One page of keys, newest first, the revoked ones too."""

    keys: tuple[KeyView, ...]
    next_cursor: str | None
    """Ask with it for the next page; None: this is the last."""
