"""What no area does alone: say whose a credential is, and make the first user."""

from dataclasses import dataclass

from ai4v.contracts.apikey import KeyCreation
from ai4v.contracts.error import AuthenticationError
from ai4v.contracts.identity import FirstRun, Principal, VerifiedCredential, hash_credential
from ai4v.contracts.role import Role
from ai4v.contracts.session import SessionTokens
from ai4v.kit.clock import Clock
from ai4v.kit.keyform import PREFIX
from ai4v.services.auth.account.password import generate_password
from ai4v.services.auth.account.repository import AccountRepository
from ai4v.services.auth.account.service import ADMINISTRATOR, AccountService
from ai4v.services.auth.audit.actor import Actor
from ai4v.services.auth.audit.service import AuditLog
from ai4v.services.auth.key.service import KeyService, make_key
from ai4v.services.auth.proof.service import ProofService
from ai4v.services.auth.provider.service import ProviderService
from ai4v.services.auth.repository import AuthRepository
from ai4v.services.auth.role.service import RoleService
from ai4v.services.auth.session.accesstoken import AccessTokens
from ai4v.services.auth.session.record import Origin
from ai4v.services.auth.session.service import SessionService


@dataclass(frozen=True, slots=True)
class Areas:
    """The services of the areas; each area's routes ask their own."""

    accounts: AccountService
    roles: RoleService
    proofs: ProofService
    keys: KeyService
    providers: ProviderService
    sessions: SessionService
    audit: AuditLog


@dataclass(frozen=True, slots=True)
class Parts:
    """What else the service works with."""

    repository: AuthRepository
    accounts: AccountRepository
    tokens: AccessTokens
    clock: Clock


class AuthService:
    """The entrance of the service.

    Every method raises `DatabaseUnavailableError` when PostgreSQL cannot be reached.
    """

    def __init__(self, areas: Areas, parts: Parts) -> None:
        self.areas = areas
        self._repository = parts.repository
        self._accounts = parts.accounts
        self._tokens = parts.tokens
        self._clock = parts.clock

    async def sign_in(
        self, username: str, password: str, actor: Actor, origin: Origin
    ) -> SessionTokens:
        """Start a session.

        Raises:
            AuthenticationError: no such active user, or another password; it does not say which.
            RateLimitExceededError: too many tries.
            ServiceUnavailableError: the tries cannot be counted.
        """
        user = await self.areas.accounts.check_password(username, password, actor.address)
        tokens = None
        if user is not None:
            tokens = await self.areas.sessions.begin(
                user.id, "password", actor, origin, password_hash=user.password_hash
            )
        if tokens is None:
            raise AuthenticationError("the username or the password is wrong")
        return tokens

    async def verify(self, credential: str) -> VerifiedCredential:
        """Say whose an API key or an access token is.

        Raises:
            AuthenticationError: nobody's, or not good any more.
        """
        if credential.startswith(PREFIX):
            return await self._verify_key(credential)
        grant = self._tokens.read(credential)
        user = await self._repository.find_token_user(hash_credential(credential))
        if user is None or not user.is_active:
            raise AuthenticationError("the session has ended; sign in again")
        principal = Principal(
            user_id=user.id,
            role=user.role,
            permissions=await self.areas.roles.permissions(user.role),
            session_id=grant.session_id,
        )
        return VerifiedCredential(principal=principal, expires_at=grant.expires_at)

    async def bootstrap(self, actor: Actor) -> FirstRun | None:
        """Create the administrator and a first key; None when there are users already.

        The key is one to use the platform with: what manages it is the password.
        """
        password = generate_password()
        user = await self.areas.accounts.make_user(ADMINISTRATOR, password, Role.ADMIN)
        key, secret = make_key(user.id, KeyCreation(name="first key"), self._clock.now())
        if not await self._accounts.bootstrap(user, key, actor):
            return None
        return FirstRun(username=user.username, password=password, api_key=secret)

    async def _verify_key(self, credential: str) -> VerifiedCredential:
        key, owner = await self.areas.keys.find(credential)
        principal = Principal(
            user_id=owner.id,
            role=owner.role,
            permissions=await self.areas.roles.permissions(owner.role) & key.permissions,
            key_id=key.id,
            scope=key.scope,
            networks=key.networks,
            limits=key.limits,
        )
        return VerifiedCredential(principal=principal, expires_at=key.expires_at)
