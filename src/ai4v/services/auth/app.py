"""Where the auth service is put together, and the only place that knows its adapters."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Final

from fastapi import FastAPI

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.adapters.openid.client import ProviderClient, open_http
from ai4v.adapters.openid.github import GitHubAddress, GitHubProvider
from ai4v.adapters.openid.provider import OpenIdProvider, Registration
from ai4v.adapters.smtp.mailer import SmtpMailer
from ai4v.adapters.valkey.cache import ValkeyCache
from ai4v.adapters.valkey.connection import SCHEMES, ValkeyConnection
from ai4v.adapters.valkey.ratelimit import ValkeyRateLimiter
from ai4v.adapters.valkey.registry import ValkeyRegistry
from ai4v.kit.app import OpenAdapters, create_entrance_app, given
from ai4v.kit.background import beside
from ai4v.kit.clock import Clock, SystemClock
from ai4v.kit.database.connection import Database
from ai4v.kit.health import HealthMonitor
from ai4v.kit.listing import listed
from ai4v.kit.sealedstore import SealedStore
from ai4v.kit.serve import serve
from ai4v.kit.store import Store, pick_by_scheme
from ai4v.ports.cache import Cache
from ai4v.ports.identityprovider import IdentityProvider
from ai4v.ports.mailer import Mailer
from ai4v.ports.ratelimit import RateLimiter
from ai4v.ports.registry import Registry
from ai4v.services.auth.account.password import SAFE, HashCost, PasswordHasher
from ai4v.services.auth.account.repository import AccountRepository
from ai4v.services.auth.account.service import AccountParts, AccountService
from ai4v.services.auth.account.throttle import Throttle
from ai4v.services.auth.audit.head import HeadFile, HeadSigner, write_public_key
from ai4v.services.auth.audit.keeper import HeadKeeper
from ai4v.services.auth.audit.layer import RefusalLayer
from ai4v.services.auth.audit.refusal import RefusalFold
from ai4v.services.auth.audit.repository import AuditRepository
from ai4v.services.auth.audit.service import AuditLog
from ai4v.services.auth.audit.verification import Task
from ai4v.services.auth.key.repository import KeyRepository
from ai4v.services.auth.key.service import KeyParts, KeyService
from ai4v.services.auth.proof.letter import Letters
from ai4v.services.auth.proof.postman import Postman
from ai4v.services.auth.proof.repository import ProofRepository
from ai4v.services.auth.proof.service import ProofParts, ProofService
from ai4v.services.auth.provider.configuration import ProviderConfiguration
from ai4v.services.auth.provider.registry import Provider, Providers
from ai4v.services.auth.provider.repository import ProviderRepository
from ai4v.services.auth.provider.service import ProviderParts, ProviderService
from ai4v.services.auth.repository import AuthRepository
from ai4v.services.auth.residue.repository import ResidueRepository
from ai4v.services.auth.residue.service import ResidueSweeper
from ai4v.services.auth.revocation import RevocationMarks
from ai4v.services.auth.role.repository import RoleRepository
from ai4v.services.auth.role.service import RoleParts, RoleService
from ai4v.services.auth.routes import ROUTERS
from ai4v.services.auth.service import Areas, AuthService, Parts
from ai4v.services.auth.session.accesstoken import AccessTokens
from ai4v.services.auth.session.repository import SessionRepository
from ai4v.services.auth.session.service import SessionLimits, SessionParts, SessionService
from ai4v.services.auth.session.signingkey import SigningKeys
from ai4v.services.auth.settings import AuthSettings


@dataclass(frozen=True, slots=True)
class Adapters:
    """What stands behind the ports of this service."""

    cache: Cache
    limiter: RateLimiter
    """Unavailable when the shared counters are: nothing is tried then."""
    registry: Registry
    clock: Clock
    mailer: Mailer | None = None
    """None: no letters are sent."""
    hash_cost: HashCost = SAFE
    """Of passwords; what the settings open always has the safe one."""


def main() -> None:
    """Run the service until it is told to stop."""
    settings = AuthSettings.load()
    serve(create_app(settings), settings)


def create_app(settings: AuthSettings, *, adapters: Adapters | None = None) -> FastAPI:
    """Make the app.

    Args:
        settings: of this process.
        adapters: opened and closed by the caller; None: those that the settings name.

    Raises:
        SystemExit: the settings name an adapter that there is not.
    """
    open_adapters = choose_adapters(settings) if adapters is None else given(adapters)
    app = create_entrance_app(
        settings,
        open_adapters,
        _open,
        summary="Users, sign-in, API keys",
        routers=ROUTERS,
    )
    app.add_middleware(RefusalLayer)
    return app


def choose_adapters(settings: AuthSettings) -> OpenAdapters[Adapters]:
    """Return what opens the adapters that the settings name.

    Raises:
        SystemExit: there is none of that scheme; the message lists those there are.
    """
    url = settings.cache_url.get_secret_value()
    opener = pick_by_scheme(_ADAPTERS, url, service=settings.service, variable="AI4V_CACHE_URL")
    return partial(_with_mailer, partial(opener, url), _choose_mailer(settings))


def _choose_mailer(settings: AuthSettings) -> Mailer | None:
    url = settings.smtp_url.get_secret_value()
    if not url:
        return None
    try:
        return SmtpMailer(url, sender=settings.mail_sender)
    except ValueError as error:
        message = f"auth cannot start: AI4V_AUTH_SMTP_URL, AI4V_AUTH_MAIL_SENDER: {error}"
        raise SystemExit(message) from None


async def _open(
    settings: AuthSettings, adapters: Adapters, health: HealthMonitor, stack: AsyncExitStack
) -> AuthService:
    """Put the service together and start what runs beside it; the stack stops it in reverse."""
    url = settings.database_url.get_secret_value()
    database = Database(url, pool_size=settings.database_pool)
    stack.push_async_callback(database.close)
    repository = AuthRepository(database)
    keys = SigningKeys(settings.read_jwt_private_key, adapters.clock)
    tokens = AccessTokens(keys, adapters.clock)
    store = SealedStore(Store(adapters.cache, adapters.registry), settings, adapters.clock)
    marks = RevocationMarks(store.cache, repository, adapters.clock)
    await stack.enter_async_context(beside("revocation marks", marks.keep()))
    await stack.enter_async_context(
        listed(store.registry, settings.service, settings.base_url, health)
    )
    health.watch("postgres", database.ping)
    health.watch("valkey", adapters.cache.ping, is_critical=False)
    sessions = await _open_sessions(settings, database, keys, marks, adapters.clock, stack)
    providers = await _open_providers(settings, adapters.clock, stack)
    people = _People(settings, adapters, database, marks)
    stack.callback(people.passwords.close)
    if people.postman is not None:
        await stack.enter_async_context(people.postman.at_work())
    roles = RoleService(RoleParts(RoleRepository(database), marks, adapters.clock))
    areas = Areas(
        accounts=people.accounts,
        proofs=people.proofs,
        audit=await _open_audit(settings, database, adapters.clock, stack),
        keys=KeyService(KeyParts(KeyRepository(database), roles, marks, adapters.clock)),
        providers=ProviderService(
            ProviderParts(ProviderRepository(database), sessions, providers, adapters.clock)
        ),
        sessions=sessions,
        roles=roles,
    )
    return AuthService(areas, Parts(repository, people.repository, tokens, adapters.clock))


async def _open_sessions(
    settings: AuthSettings,
    database: Database,
    keys: SigningKeys,
    marks: RevocationMarks,
    clock: Clock,
    stack: AsyncExitStack,
) -> SessionService:
    """Open what keeps sessions; what is left of them is swept beside it."""
    limits = SessionLimits(
        timedelta(seconds=settings.session_lifetime_s), timedelta(seconds=settings.session_idle_s)
    )
    residue = ResidueSweeper(ResidueRepository(database, limits.idle), clock)
    await stack.enter_async_context(beside("residue", residue.run()))
    tokens = AccessTokens(keys, clock)
    return SessionService(
        SessionParts(SessionRepository(database), keys, tokens, marks, limits, clock)
    )


async def _open_providers(settings: AuthSettings, clock: Clock, stack: AsyncExitStack) -> Providers:
    """Open what asks the providers that users sign in with; nothing is asked yet."""
    http = await stack.enter_async_context(open_http())
    client = ProviderClient(http, allows_loopback=settings.allows_loopback_providers)
    found = {
        configuration.name: Provider(configuration, _make_provider(configuration, client, clock))
        for configuration in settings.list_providers()
    }
    return Providers(found, settings.public_url.rstrip("/"), settings.return_urls)


def _make_provider(
    configuration: ProviderConfiguration, client: ProviderClient, clock: Clock
) -> IdentityProvider:
    registration = Registration(
        configuration.client_id,
        configuration.client_secret.get_secret_value(),
        configuration.scopes,
    )
    github = configuration.github
    if github is None:
        return OpenIdProvider(configuration.issuer, registration, client, clock)
    address = GitHubAddress(
        configuration.issuer, github.authorization_url, github.token_url, github.api_url
    )
    return GitHubProvider(address, registration, client)


class _People:
    """What has to do with accounts, put together."""

    def __init__(
        self,
        settings: AuthSettings,
        adapters: Adapters,
        database: Database,
        marks: RevocationMarks,
    ) -> None:
        self.passwords = PasswordHasher(adapters.hash_cost)
        self.repository = AccountRepository(database)
        self.postman = None if adapters.mailer is None else Postman(adapters.mailer)
        throttle = Throttle(adapters.limiter, adapters.cache)
        self.accounts = AccountService(
            AccountParts(self.repository, self.passwords, throttle, marks, adapters.clock)
        )
        self.proofs = ProofService(
            ProofParts(
                repository=ProofRepository(database),
                accounts=self.accounts,
                throttle=throttle,
                marks=marks,
                letters=Letters(settings.page_url or settings.public_url),
                postman=self.postman,
                clock=adapters.clock,
                registration=settings.registration,
            )
        )


async def _open_audit(
    settings: AuthSettings, database: Database, clock: Clock, stack: AsyncExitStack
) -> AuditLog:
    """Open the audit log; its last head is signed when everything else has stopped."""
    repository = AuditRepository(database)
    signer = HeadSigner(settings.audit_private_key.get_secret_value())
    if settings.audit_head_file is not None:
        keeper = HeadKeeper(repository, signer, HeadFile(settings.audit_head_file), clock)
        await keeper.start()
        stack.push_async_callback(keeper.finish)
        await stack.enter_async_context(beside("audit heads", keeper.keep()))
    task = Task(
        database_url=settings.database_url,
        public_key=write_public_key(signer.public_key),
        head_file=settings.audit_head_file,
    )
    log = AuditLog(repository, RefusalFold(clock), task)
    stack.push_async_callback(log.finish)
    await stack.enter_async_context(beside("folded refusals", log.keep()))
    return log


@asynccontextmanager
async def _with_mailer(
    open_adapters: OpenAdapters[Adapters], mailer: Mailer | None
) -> AsyncIterator[Adapters]:
    async with open_adapters() as adapters:
        yield replace(adapters, mailer=mailer)


@asynccontextmanager
async def _open_memory(_url: str) -> AsyncIterator[Adapters]:
    yield Adapters(MemoryCache(), MemoryRateLimiter(), MemoryRegistry(), SystemClock())


@asynccontextmanager
async def _open_valkey(url: str) -> AsyncIterator[Adapters]:
    async with ValkeyConnection(url) as connection:
        limiter = ValkeyRateLimiter(connection)
        yield Adapters(ValkeyCache(connection), limiter, ValkeyRegistry(connection), SystemClock())


_ADAPTERS: Final = {"memory": _open_memory, **dict.fromkeys(SCHEMES, _open_valkey)}
