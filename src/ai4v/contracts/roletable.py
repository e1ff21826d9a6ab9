"""What is said about roles: which there are, and what each may do."""

from pydantic import BaseModel, ConfigDict, field_serializer

from ai4v.contracts.example import shown
from ai4v.contracts.permission import Permission
from ai4v.contracts.role import Role


class RoleUpdate(BaseModel):
    """PUT /api/v1/auth/roles/{role}."""

    model_config = ConfigDict(frozen=True, extra="forbid") | shown(
        {
            "permissions": ["asr:read", "nmt:read", "tts:read"],
        }
    )

    permissions: frozenset[Permission]
    """All that the role may do from now on. The administrators' always has `role:manage` and
    `user:manage`."""


class RoleView(BaseModel):
    """What a role may do."""

    model_config = ConfigDict(frozen=True)

    role: Role
    permissions: frozenset[Permission]

    @field_serializer("permissions")
    def _sort(self, permissions: frozenset[Permission]) -> list[Permission]:
        return sorted(permissions)


class RoleList(BaseModel):
    """Every role."""

    model_config = ConfigDict(frozen=True)

    roles: tuple[RoleView, ...]
