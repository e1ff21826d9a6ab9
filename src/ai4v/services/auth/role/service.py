"""The use cases of roles: say and change what each may do, and who has which."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from ai4v.contracts.error import AuthorizationError, NotFoundError
from ai4v.contracts.identity import Principal
from ai4v.contracts.permission import Permission
from ai4v.contracts.role import Role
from ai4v.contracts.roletable import RoleList, RoleView
from ai4v.kit.clock import Clock
from ai4v.services.auth.audit.actor import Actor
from ai4v.services.auth.refusal import refuse
from ai4v.services.auth.revocation import RevocationMarks
from ai4v.services.auth.role.repository import RoleRepository

KEPT: Final = frozenset({Permission.ROLE_MANAGE, Permission.USER_MANAGE})
"""What administrators cannot lose: nobody could give it back."""


@dataclass(frozen=True, slots=True)
class RoleParts:
    """What the service works with."""

    repository: RoleRepository
    marks: RevocationMarks
    clock: Clock


class RoleService:
    """Roles and their permissions.

    After a change every credential that it concerns is announced, so that gateways ask again.
    Every method raises `DatabaseUnavailableError` when PostgreSQL cannot be reached.
    """

    def __init__(self, parts: RoleParts) -> None:
        self._repository = parts.repository
        self._marks = parts.marks
        self._clock = parts.clock

    async def permissions(self, role: Role) -> frozenset[Permission]:
        """Return what a role may do."""
        return await self._repository.read(role)

    async def list(self) -> RoleList:
        """Return what every role may do."""
        views = [RoleView(role=role, permissions=await self.permissions(role)) for role in Role]
        return RoleList(roles=tuple(views))

    async def update(
        self, role: Role, permissions: frozenset[Permission], actor: Actor
    ) -> RoleView:
        """Give a role other permissions.

        Raises:
            ValidationError: administrators would lose what nobody could give back.
        """
        missing = KEPT - permissions
        if role is Role.ADMIN and missing:
            refuse("permissions", f"administrators keep {', '.join(sorted(missing))}")
        now = self._clock.now()
        await self._marks.put_stale(
            await self._repository.replace(role, permissions, actor, now=now)
        )
        return RoleView(role=role, permissions=permissions)

    async def check_grant(self, role: Role, actor: Actor) -> None:
        """Return when somebody may make others what `role` is: nobody gives what they lack.

        Raises:
            AuthorizationError: it has a permission that they have not.
        """
        held = actor.principal.permissions if actor.principal else frozenset()
        missing = await self.permissions(role) - held
        if missing:
            names = ", ".join(sorted(missing))
            raise AuthorizationError(f"nobody gives others what they have not: {names}")

    async def check_rank(self, asker: Principal, user_id: UUID) -> None:
        """Return when somebody may act on a user and what is theirs: not on who may do more.

        An API key has the rank of its owner; which actions it has is looked at elsewhere.

        Raises:
            NotFoundError: there is no such user.
            AuthorizationError: the user's role has a permission that the asker's role has not.
        """
        if asker.user_id == user_id:
            return
        role = await self._repository.find_role(user_id)
        if role is None:
            raise NotFoundError("no such user")
        if await self.permissions(role) - await self.permissions(asker.role):
            raise AuthorizationError("this is for those who may do as much as that user")

    async def give(self, user_id: UUID, role: Role, actor: Actor) -> None:
        """Give a user another role.

        Raises:
            NotFoundError: there is no such user.
            ValidationError: it is one's own, or that of the last administrator.
            AuthorizationError: the role, the new or the old one, can do more than who gives it.
        """
        before = await self._repository.find_role(user_id)
        if before is None:
            raise NotFoundError("no such user")
        if actor.principal is not None and actor.principal.user_id == user_id:
            refuse("role", "nobody changes their own")
        for concerned in (before, role):
            await self.check_grant(concerned, actor)
        told = await self._repository.give(user_id, role, actor, now=self._clock.now())
        if told is None:
            refuse("role", "the last administrator stays one")
        await self._marks.put_stale(told)
