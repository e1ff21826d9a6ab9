"""Where the auth service is put together, and the only place that knows its adapters."""

from collections.abc import AsyncIterator
from contextlib import (
    AsyncExitStack,
    asynccontextmanager,
)
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from fastapi import FastAPI

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.adapters.valkey.cache import ValkeyCache
from ai4v.adapters.valkey.connection import SCHEMES, ValkeyConnection
from ai4v.adapters.valkey.ratelimit import ValkeyRateLimiter
from ai4v.adapters.valkey.registry import ValkeyRegistry
from ai4v.kit.app import OpenAdapters, create_entrance_app, given
from ai4v.kit.background import beside
from ai4v.kit.clock import Clock, SystemClock
from ai4v.kit.database.connection import Database
from ai4v.kit.fallback import FallbackRateLimiter
from ai4v.kit.health import HealthMonitor
from ai4v.kit.listing import listed
from ai4v.kit.serve import serve
from ai4v.kit.store import pick_by_scheme
from ai4v.ports.cache import Cache
from ai4v.ports.ratelimit import RateLimiter
from ai4v.ports.registry import Registry
from ai4v.services.auth.account.attempt import PasswordAttempts
from ai4v.services.auth.account.password import PasswordHasher
from ai4v.services.auth.account.repository import AccountRepository
from ai4v.services.auth.account.service import AccountParts, AccountService
from ai4v.services.auth.audit.head import HeadFile, HeadSigner, write_public_key
from ai4v.services.auth.audit.keeper import HeadKeeper
from ai4v.services.auth.audit.layer import RefusalLayer
from ai4v.services.auth.audit.refusal import RefusalFold
from ai4v.services.auth.audit.repository import AuditRepository
from ai4v.services.auth.audit.service import AuditLog
from ai4v.services.auth.audit.verification import Task
from ai4v.services.auth.key.repository import KeyRepository
from ai4v.services.auth.key.service import KeyParts, KeyService
from ai4v.services.auth.repository import AuthRepository
from ai4v.services.auth.residue.repository import ResidueRepository
from ai4v.services.auth.residue.service import ResidueSweeper
from ai4v.services.auth.revocation import RevocationMarks
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
    """Never unavailable."""
    registry: Registry
    clock: Clock


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
    return partial(opener, url)


async def _open(
    settings: AuthSettings, adapters: Adapters, health: HealthMonitor, stack: AsyncExitStack
) -> AuthService:
    """Put the service together and start what runs beside it; the stack stops it in reverse."""
    url = settings.database_url.get_secret_value()
    database = Database(url, pool_size=settings.database_pool)
    stack.push_async_callback(database.close)
    repository = AuthRepository(database)
    passwords = PasswordHasher()
    stack.callback(passwords.close)
    keys = SigningKeys(settings.read_jwt_private_key, adapters.clock)
    tokens = AccessTokens(keys, adapters.clock)
    marks = RevocationMarks(adapters.cache, repository, adapters.clock)
    await stack.enter_async_context(beside("revocation marks", marks.keep()))
    await stack.enter_async_context(
        listed(adapters.registry, settings.service, settings.base_url, health)
    )
    health.watch("postgres", database.ping)
    health.watch("valkey", adapters.cache.ping, is_critical=False)
    limits = SessionLimits(
        timedelta(seconds=settings.session_lifetime_s), timedelta(seconds=settings.session_idle_s)
    )
    residue = ResidueSweeper(ResidueRepository(database, limits.idle), adapters.clock)
    await stack.enter_async_context(beside("residue", residue.run()))
    accounts = AccountRepository(database)
    attempts = PasswordAttempts(adapters.limiter)
    areas = Areas(
        accounts=AccountService(AccountParts(accounts, passwords, attempts, marks, adapters.clock)),
        audit=await _open_audit(settings, database, adapters.clock, stack),
        keys=KeyService(KeyParts(KeyRepository(database), marks, adapters.clock)),
        sessions=SessionService(
            SessionParts(SessionRepository(database), keys, tokens, marks, limits, adapters.clock)
        ),
    )
    return AuthService(areas, Parts(repository, accounts, tokens, adapters.clock))


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
async def _open_memory(_url: str) -> AsyncIterator[Adapters]:
    yield Adapters(MemoryCache(), MemoryRateLimiter(), MemoryRegistry(), SystemClock())


@asynccontextmanager
async def _open_valkey(url: str) -> AsyncIterator[Adapters]:
    async with ValkeyConnection(url) as connection:
        limiter = FallbackRateLimiter(ValkeyRateLimiter(connection), MemoryRateLimiter())
        yield Adapters(ValkeyCache(connection), limiter, ValkeyRegistry(connection), SystemClock())


_ADAPTERS: Final = {"memory": _open_memory, **dict.fromkeys(SCHEMES, _open_valkey)}
