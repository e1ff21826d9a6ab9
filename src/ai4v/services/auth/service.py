"""The use cases: sign in, keep users and keys, say whose a credential is."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NoReturn
from uuid import UUID, uuid4

from ai4v.contracts.auth import AccessToken, KeyCreation, PasswordChange, UserCreation
from ai4v.contracts.error import (
    AuthenticationError,
    AuthorizationError,
    FieldError,
    NotFoundError,
    RateLimitExceededError,
    ValidationError,
)
from ai4v.contracts.identity import (
    AdministratorReset,
    FirstRun,
    Principal,
    RateLimits,
    VerifiedCredential,
    hash_credential,
)
from ai4v.contracts.role import Role
from ai4v.kit.clock import Clock
from ai4v.kit.paging import Cursor, Page
from ai4v.ports.ratelimit import Charge, Limit, RateLimiter
from ai4v.services.auth.accesstoken import LIFETIME, AccessTokens
from ai4v.services.auth.account import ApiKey, Session, User
from ai4v.services.auth.apikey import PREFIX, is_well_formed, mint_key
from ai4v.services.auth.password import PasswordHasher, generate_password
from ai4v.services.auth.repository import AuthRepository
from ai4v.services.auth.revocation import RevocationMarks

ADMINISTRATOR: Final = "admin"
_ATTEMPTS: Final = (Limit("minute", 10, 60.0),)
_LONGEST_KEY: Final = timedelta(days=3653)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the service works with."""

    repository: AuthRepository
    passwords: PasswordHasher
    tokens: AccessTokens
    marks: RevocationMarks
    limiter: RateLimiter
    """For attempts at a password; never unavailable."""
    clock: Clock


class AuthService:
    """Users, sessions and keys.

    Every method raises `DatabaseUnavailableError` when PostgreSQL cannot be reached, and those that
    take a password `PasswordOverloadError`.
    """

    def __init__(self, parts: Parts) -> None:
        self._repository = parts.repository
        self._passwords = parts.passwords
        self._tokens = parts.tokens
        self._marks = parts.marks
        self._limiter = parts.limiter
        self._clock = parts.clock

    async def sign_in(self, username: str, password: str) -> AccessToken:
        """Start a session.

        Raises:
            AuthenticationError: no such active user, or another password; it does not say which.
            RateLimitExceededError: too many attempts at this name.
        """
        await self._count_attempt(username)
        user = await self._repository.find_user(username)
        is_right = await self._passwords.verify(user.password_hash if user else None, password)
        if user is None or not is_right:
            raise AuthenticationError("the username or the password is wrong")
        expires_at = (self._clock.now() + LIFETIME).replace(microsecond=0)
        session = Session(uuid4(), user.id, expires_at)
        token = self._tokens.sign(session)
        if not await self._repository.add_session(session, hash_credential(token), user):
            raise AuthenticationError("the username or the password is wrong")
        return AccessToken(access_token=token, expires_in=int(LIFETIME.total_seconds()))

    async def change_password(self, user_id: UUID, change: PasswordChange) -> None:
        """Give a user another password and end its sessions.

        Raises:
            ValidationError: the current password is another.
            RateLimitExceededError: too many attempts.
        """
        user = await self.get_user(user_id)
        await self._count_attempt(user.username)
        current = change.current_password.get_secret_value()
        if not await self._passwords.verify(user.password_hash, current):
            _refuse("current_password", "is not the password")
        password_hash = await self._passwords.hash(change.new_password.get_secret_value())
        ended = await self._repository.set_password(user, password_hash, now=self._clock.now())
        if ended is None:
            _refuse("current_password", "has been changed meanwhile")
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
        user = await self._make_user(creation.username, password, creation.role)
        if not await self._repository.add_user(user):
            _refuse("username", "is taken")
        return user

    async def set_active(self, user_id: UUID, *, is_active: bool, actor: Principal) -> User:
        """Let a user in again, or out: then their keys are revoked and their sessions end.

        Raises:
            ValidationError: an administrator would lock themselves out.
            NotFoundError: there is no such user.
        """
        if is_active:
            await self._repository.activate(user_id)
        elif user_id == actor.user_id:
            _refuse("is_active", "nobody may deactivate themselves")
        else:
            now = self._clock.now()
            await self._marks.put(await self._repository.deactivate(user_id, now=now))
        return await self.get_user(user_id)

    async def create_key(self, owner: Principal, creation: KeyCreation) -> tuple[ApiKey, str]:
        """Make a key; return what is kept of it, and the key.

        Raises:
            ValidationError: it would end in the past, or in more than ten years.
            AuthorizationError: higher limits than the defaults are for administrators to give.
        """
        now = self._clock.now()
        if creation.expires_at and not now < creation.expires_at < now + _LONGEST_KEY:
            _refuse("expires_at", "must be in the future, by ten years at most")
        if owner.role is not Role.ADMIN and _is_above_default(creation.limits):
            raise AuthorizationError("limits above the defaults are for administrators to give")
        key, secret = self._make_key(owner.user_id, creation)
        if not await self._repository.add_key(key):
            raise AuthorizationError("this user is not active")
        return key, secret

    async def page_keys(
        self, asker: Principal, *, is_all: bool, size: int, after: Cursor | None
    ) -> Page[ApiKey]:
        """Return the asker's keys, or everybody's, newest first.

        Raises:
            AuthorizationError: everybody's keys are for administrators to see.
        """
        if is_all and asker.role is not Role.ADMIN:
            raise AuthorizationError("other users' keys are for administrators to see")
        owner_id = None if is_all else asker.user_id
        return await self._repository.page_keys(owner_id, size=size, after=after)

    async def revoke_key(self, asker: Principal, key_id: UUID) -> None:
        """Revoke a key, the asker's own or, by an administrator, anybody's; twice is no error.

        Raises:
            NotFoundError: there is none, or it is somebody else's.
        """
        owner_id = None if asker.role is Role.ADMIN else asker.user_id
        now = self._clock.now()
        key_hash = await self._repository.revoke_key(key_id, owner_id=owner_id, now=now)
        if key_hash is None:
            raise NotFoundError("no such key")
        await self._marks.put([key_hash])

    async def verify(self, credential: str) -> VerifiedCredential:
        """Say whose an API key or an access token is.

        Raises:
            AuthenticationError: nobody's, or not good any more.
        """
        if credential.startswith(PREFIX):
            return await self._verify_key(credential)
        session = self._tokens.read(credential)
        user = await self._repository.find_session_user(session.id)
        if user is None or not user.is_active:
            raise AuthenticationError("the session has ended; sign in again")
        principal = Principal(user_id=user.id, role=user.role)
        return VerifiedCredential(principal=principal, expires_at=session.expires_at)

    async def bootstrap(self) -> FirstRun | None:
        """Create the administrator and a first key; None when there are users already."""
        password = generate_password()
        user = await self._make_user(ADMINISTRATOR, password, Role.ADMIN)
        key, secret = self._make_key(user.id, KeyCreation(name="first key"))
        if not await self._repository.bootstrap(user, key):
            return None
        return FirstRun(username=user.username, password=password, api_key=secret)

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

    async def _verify_key(self, credential: str) -> VerifiedCredential:
        now = self._clock.now()
        found = None
        if is_well_formed(credential):
            found = await self._repository.use_key(hash_credential(credential), now=now)
        if found is None:
            raise AuthenticationError("the API key is not one of ours")
        key, owner = found
        if key.revoked_at is not None or not owner.is_active:
            raise AuthenticationError("the API key has been revoked")
        if key.expires_at is not None and key.expires_at <= now:
            raise AuthenticationError("the API key has expired")
        principal = Principal(user_id=owner.id, role=owner.role, key_id=key.id, limits=key.limits)
        return VerifiedCredential(principal=principal, expires_at=key.expires_at)

    async def _count_attempt(self, username: str) -> None:
        decision = await self._limiter.acquire([Charge(f"password:{username}", _ATTEMPTS)])
        if not decision.is_allowed:
            raise RateLimitExceededError(
                "too many attempts at this name; wait",
                retry_after_s=math.ceil(decision.retry_after_s),
            )

    async def _make_user(self, username: str, password: str, role: Role) -> User:
        return User(
            id=uuid4(),
            username=username,
            password_hash=await self._passwords.hash(password),
            role=role,
            is_active=True,
            created_at=self._clock.now(),
        )

    def _make_key(self, owner_id: UUID, creation: KeyCreation) -> tuple[ApiKey, str]:
        key_id = uuid4()
        secret = mint_key(key_id)
        key = ApiKey(
            id=key_id,
            owner_id=owner_id,
            name=creation.name,
            key_hash=hash_credential(secret),
            limits=creation.limits,
            created_at=self._clock.now(),
            expires_at=creation.expires_at,
        )
        return key, secret


def _is_above_default(limits: RateLimits) -> bool:
    default = RateLimits()
    return (
        limits.per_minute > default.per_minute
        or limits.per_hour > default.per_hour
        or limits.per_day > default.per_day
    )


def _refuse(path: str, message: str) -> NoReturn:
    raise ValidationError(
        "the request cannot be carried out; see errors",
        errors=[FieldError(path=path, message=message)],
    )
