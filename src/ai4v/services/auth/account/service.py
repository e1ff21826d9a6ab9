"""The use cases of accounts: keep users, change passwords."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from ai4v.contracts.auth import PasswordChange, UserCreation
from ai4v.contracts.error import NotFoundError
from ai4v.contracts.identity import AdministratorReset, Principal
from ai4v.contracts.role import Role
from ai4v.kit.clock import Clock
from ai4v.kit.paging import Cursor, Page
from ai4v.services.auth.account.attempt import PasswordAttempts
from ai4v.services.auth.account.password import PasswordHasher, generate_password
from ai4v.services.auth.account.record import User
from ai4v.services.auth.account.repository import AccountRepository
from ai4v.services.auth.refusal import refuse
from ai4v.services.auth.revocation import RevocationMarks

ADMINISTRATOR: Final = "admin"


@dataclass(frozen=True, slots=True)
class AccountParts:
    """What the service works with."""

    repository: AccountRepository
    passwords: PasswordHasher
    attempts: PasswordAttempts
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
        self._attempts = parts.attempts
        self._marks = parts.marks
        self._clock = parts.clock

    async def check_password(self, username: str, password: str) -> User | None:
        """Return the user whose password it is, active or not; as slow when there is none.

        Raises:
            RateLimitExceededError: too many attempts at this name.
        """
        await self._attempts.count(username)
        user = await self._repository.find_user(username)
        is_right = await self._passwords.verify(user.password_hash if user else None, password)
        return user if is_right else None

    async def change_password(self, user_id: UUID, change: PasswordChange) -> None:
        """Give a user another password and end its sessions.

        Raises:
            ValidationError: the current password is another.
            RateLimitExceededError: too many attempts.
        """
        user = await self.get_user(user_id)
        await self._attempts.count(user.username)
        current = change.current_password.get_secret_value()
        if not await self._passwords.verify(user.password_hash, current):
            refuse("current_password", "is not the password")
        password_hash = await self._passwords.hash(change.new_password.get_secret_value())
        ended = await self._repository.set_password(user, password_hash, now=self._clock.now())
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

    async def page_users(self, *, size: int, after: Cursor | None) -> Page[User]:
        """Return users, newest first."""
        return await self._repository.page_users(size=size, after=after)

    async def create_user(self, creation: UserCreation) -> User:
        """Add a user.

        Raises:
            ValidationError: the name is taken.
        """
        password = creation.password.get_secret_value()
        user = await self.make_user(creation.username, password, creation.role)
        if not await self._repository.add_user(user):
            refuse("username", "is taken")
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

    async def set_active(self, user_id: UUID, *, is_active: bool, actor: Principal) -> User:
        """Let a user in again, or out: then their keys are revoked and their sessions end.

        Raises:
            ValidationError: an administrator would lock themselves out.
            NotFoundError: there is no such user.
        """
        if is_active:
            await self._repository.activate(user_id)
        elif user_id == actor.user_id:
            refuse("is_active", "nobody may deactivate themselves")
        else:
            now = self._clock.now()
            await self._marks.put(await self._repository.deactivate(user_id, now=now))
        return await self.get_user(user_id)

    async def reset_administrator(self) -> AdministratorReset:
        """Give the administrator a new password.

        Raises:
            NotFoundError: there is none yet.
        """
        password = generate_password()
        password_hash = await self._passwords.hash(password)
        ended = await self._repository.reset_user(
            ADMINISTRATOR, password_hash, now=self._clock.now()
        )
        if ended is None:
            raise NotFoundError("there is no administrator yet")
        await self._marks.put(ended)
        return AdministratorReset(username=ADMINISTRATOR, password=password)
