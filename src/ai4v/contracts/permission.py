"""What a caller may do: permissions, and which of them each role has at first.

Every path of every service names the one permission it needs (`x-permission` in its OpenAPI
operation); a path that names none is refused. A role's permissions are rows that administrators may
edit; a key has those of its owner's role that it was made with, never more.
"""

from enum import StrEnum
from typing import Final

from ai4v.contracts.role import Role


class Permission(StrEnum):
    """One thing that may be done."""

    ASR_READ = "asr:read"
    """Models, and one's own past requests; likewise for the other tasks."""
    ASR_USE = "asr:use"
    TTS_READ = "tts:read"
    TTS_USE = "tts:use"
    NMT_READ = "nmt:read"
    NMT_USE = "nmt:use"
    PIPELINE_READ = "pipeline:read"
    PIPELINE_USE = "pipeline:use"
    ACCOUNT_SELF = "account:self"
    """One's own account: who am I, password, sessions."""
    KEY_MANAGE = "key:manage"
    """One's own API keys."""
    KEY_MANAGE_ANY = "key:manage-any"
    """Everybody's API keys, and limits above the defaults."""
    USER_READ = "user:read"
    USER_MANAGE = "user:manage"
    """Create, deactivate, change the role of."""
    ROLE_MANAGE = "role:manage"
    """What each role may do."""
    AUDIT_READ = "audit:read"
    PLATFORM_OBSERVE = "platform:observe"
    """Addresses and instances in the status of the platform."""


OPEN: Final = "open"
"""`x-permission` of a path that needs no credential: sign-in, health, published keys."""
INTERNAL: Final = "internal"
"""`x-permission` of a path that other processes of the platform ask; never routed from outside."""

READING: Final = frozenset(
    {
        Permission.ASR_READ,
        Permission.TTS_READ,
        Permission.NMT_READ,
        Permission.PIPELINE_READ,
    }
)
USING: Final = READING | {
    Permission.ASR_USE,
    Permission.TTS_USE,
    Permission.NMT_USE,
    Permission.PIPELINE_USE,
}
"""What a key may do when its maker does not say."""

FIRST_PERMISSIONS: Final[dict[Role, frozenset[Permission]]] = {
    Role.ADMIN: frozenset(Permission),
    Role.MODERATOR: USING
    | {
        Permission.ACCOUNT_SELF,
        Permission.KEY_MANAGE,
        Permission.KEY_MANAGE_ANY,
        Permission.USER_READ,
        Permission.AUDIT_READ,
        Permission.PLATFORM_OBSERVE,
    },
    Role.USER: USING | {Permission.ACCOUNT_SELF, Permission.KEY_MANAGE},
    Role.GUEST: READING | {Permission.ACCOUNT_SELF},
}
"""The rows that the migration puts in; afterwards the table decides."""
