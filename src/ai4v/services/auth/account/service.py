"""The use cases of accounts: keep users, change passwords."""

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID, uuid4

from ai4v.contracts.auth import PasswordChange, UserCreation
from ai4v.contracts.error import NotFoundError
from ai4v.contracts.identity import AdministratorReset
from ai4v.contracts.role import Role
from ai4v.kit.clock import Clock
from ai4v.kit.paging import Cursor, Page
from ai4v.services.auth.account.password import PasswordHasher, generate_password
from ai4v.services.auth.account.record import User
from ai4v.services.auth.account.repository import AccountRepository
from ai4v.services.auth.account.throttle import Throttle
from ai4v.services.auth.audit.actor import Actor
from ai4v.services.auth.refusal import refuse
from ai4v.services.auth.revocation import RevocationMarks

ADMINISTRATOR: Final = "admin"


@dataclass(frozen=True, slots=True)
class AccountParts:
    """What the service works with."""

    repository: AccountRepository
    passwords: PasswordHasher
    throttle: Throttle
    marks: RevocationMarks
    clock: Clock


class AccountService:
    """Users and passwords.

    Every method raises `DatabaseUnavailableError` when PostgreSQL cannot be reached, and those that
    take a password `PasswordOverloadError`.
    """

    def __init__(self, parts: AccountParts) -> None:
        self._repository = parts.repository
        self._passwords = parts.passwords
        self._throttle = parts.throttle
        self._marks = parts.marks
        self._clock = parts.clock

    async def check_password(
        self, username: str, password: str, address: str | None
    ) -> User | None:
        """Return the user whose password it is, active or not; as slow when there is none.

        Raises:
            RateLimitExceededError: too many tries.
            ServiceUnavailableError: the tries cannot be counted.
        """
        attempt = await self._throttle.begin(username, address)
        user = await self._repository.find_user(username)
        is_right = await self._passwords.verify(user.password_hash if user else None, password)
        if user is None or not is_right:
            await self._throttle.fail(attempt)
            return None
        await self._throttle.succeed(attempt)
        return await self._renew_hash(user, password)

    async def confirm_password(self, user_id: UUID, password: str, address: str | None) -> User:
        """Return a user who has given the password once more.

        Raises:
            ValidationError: the password is another, or there is none.
            RateLimitExceededError: too many tries.
            ServiceUnavailableError: the tries cannot be counted.
        """
        user = await self.get_user(user_id)
        known = await self.check_password(user.username, password, address)
        if known is None:
            refuse("current_password", "is not the password")
        return known

    async def change_password(self, user_id: UUID, change: PasswordChange, actor: Actor) -> None:
        """Give a user another password and end its sessions.

        Raises:
            ValidationError: the current password is another, or the new one not good enough.
            RateLimitExceededError: too many tries.
            ServiceUnavailableError: the tries cannot be counted.
        """
        current = change.current_password.get_secret_value()
        user = await self.confirm_password(user_id, current, actor.address)
        password = change.new_password.get_secret_value()
        password_hash = await self.hash_new("new_password", password, user.username, user.email)
        now = self._clock.now()
        ended = await self._repository.set_password(user, password_hash, actor, now=now)
        if ended is None:
            refuse("current_password", "has been changed meanwhile")
        await self._marks.put(ended)

    async def get_user(self, user_id: UUID) -> User:
        """Return a user.

        Raises:
            NotFoundError: there is none of that id.
        """
        user = await self._repository.get_user(user_id)
        if user is None:
            raise NotFoundError("no such user")
        return user

    async def page_users(
        self, *, username: str | None, size: int, after: Cursor | None
    ) -> Page[User]:
        """Return users, newest first, or the one of that name."""
        name = username.lower() if username is not None else None
        return await self._repository.page_users(username=name, size=size, after=after)

    async def create_user(self, creation: UserCreation, actor: Actor) -> User:
        """Add a user.

        Raises:
            ValidationError: the name or the address is taken, or the password not good enough.
        """
        password = creation.password.get_secret_value()
        await self._judge("password", password, creation.username, creation.email)
        user = await self.make_user(creation.username, password, creation.role)
        if creation.email is not None:
            user = replace(user, email=creation.email, email_verified_at=self._clock.now())
        taken = await self._repository.add_user(user, actor)
        if taken is not None:
            refuse(taken, "is taken")
        return user

    async def make_user(self, username: str, password: str, role: Role) -> User:
        """Return a new user, kept nowhere yet."""
        return User(
            id=uuid4(),
            username=username,
            password_hash=await self._passwords.hash(password),
            role=role,
            is_active=True,
            created_at=self._clock.now(),
        )

    async def set_active(self, user_id: UUID, *, is_active: bool, actor: Actor) -> User:
        """Let a user in again, or out: then their keys are revoked and their sessions end.

        Raises:
            ValidationError: an administrator would lock themselves out.
            NotFoundError: there is no such user.
        """
        await self.get_user(user_id)
        if is_active:
            await self._repository.activate(user_id, actor)
        elif actor.principal is not None and actor.principal.user_id == user_id:
            refuse("is_active", "nobody may deactivate themselves")
        else:
            await self._deactivate("is_active", user_id, actor)
        return await self.get_user(user_id)

    async def leave(self, user_id: UUID, password: str, actor: Actor) -> None:
        """Deactivate one's own account: the sessions end, the keys are revoked.

        Raises:
            ValidationError: the password is another, or it is the last administrator.
            RateLimitExceededError: too many tries.
            ServiceUnavailableError: the tries cannot be counted.
        """
        await self.confirm_password(user_id, password, actor.address)
        await self._deactivate("current_password", user_id, actor)

    async def reset_administrator(self, actor: Actor) -> AdministratorReset:
        """Give the administrator a new password.

        Raises:
            NotFoundError: there is none yet.
        """
        password = generate_password()
        password_hash = await self._passwords.hash(password)
        ended = await self._repository.reset_user(
            ADMINISTRATOR, password_hash, actor, now=self._clock.now()
        )
        if ended is None:
            raise NotFoundError("there is no administrator yet")
        await self._marks.put(ended)
        return AdministratorReset(username=ADMINISTRATOR, password=password)

    async def _deactivate(self, path: str, user_id: UUID, actor: Actor) -> None:
        ended = await self._repository.deactivate(user_id, actor, now=self._clock.now())
        if ended is None:
            refuse(path, "the last administrator stays")
        await self._marks.put(ended)

    async def hash_new(self, path: str, password: str, *context: str | None) -> str:
        """Return the hash of a password that somebody chose.

        Args:
            path: where the request has it.
            password: as it was typed.
            context: what is known of who chose it: name, address.

        Raises:
            ValidationError: it is not good enough.
        """
        await self._judge(path, password, *context)
        return await self._passwords.hash(password)

    async def _judge(self, path: str, password: str, *context: str | None) -> None:
        fault = await self._passwords.find_fault(password, [name for name in context if name])
        if fault is not None:
            refuse(path, fault)

    async def _renew_hash(self, user: User, password: str) -> User:
        """Return the user with a hash by today's parameters; who changed meanwhile stays so."""
        if user.password_hash is None or not self._passwords.is_outdated(user.password_hash):
            return user
        renewed = await self._passwords.hash(password)
        is_kept = await self._repository.replace_hash(user, renewed)
        return replace(user, password_hash=renewed) if is_kept else user
