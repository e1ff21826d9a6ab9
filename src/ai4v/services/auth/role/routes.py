"""HTTP to the use cases of roles and back."""

from typing import Annotated

from fastapi import APIRouter, Depends

from ai4v.contracts.permission import Permission
from ai4v.contracts.role import Role
from ai4v.contracts.roletable import RoleList, RoleUpdate, RoleView
from ai4v.kit.permission import needs
from ai4v.services.auth.audit.actor import CurrentActor
from ai4v.services.auth.entrance import Auth, forbid_caching
from ai4v.services.auth.role.service import RoleService


async def get_roles(auth: Auth) -> RoleService:
    """Return the use cases of this area."""
    return auth.areas.roles


Roles = Annotated[RoleService, Depends(get_roles)]

router = APIRouter(prefix="/api/v1/auth", tags=["auth"], dependencies=[Depends(forbid_caching)])


@router.get("/roles", openapi_extra=needs(Permission.USER_READ))
async def list_roles(roles: Roles) -> RoleList:
    """List the roles, and what each may do."""
    return await roles.list()


@router.put("/roles/{role}", openapi_extra=needs(Permission.ROLE_MANAGE))
async def update_role(
    role: Role, update: RoleUpdate, roles: Roles, actor: CurrentActor
) -> RoleView:
    """Change what a role may do; it holds at once for everybody who has it."""
    return await roles.update(role, update.permissions, actor)
