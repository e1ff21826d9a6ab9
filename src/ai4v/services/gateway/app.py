"""Wires the gateway: the only place that chooses its adapters."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import httpx2
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.adapters.valkey.cache import ValkeyCache
from ai4v.adapters.valkey.connection import SCHEMES, ValkeyConnection
from ai4v.adapters.valkey.ratelimit import ValkeyRateLimiter
from ai4v.adapters.valkey.registry import ValkeyRegistry
from ai4v.kit.app import AppPlan, create_edge_app
from ai4v.kit.balance import Balancer
from ai4v.kit.client import ServiceClient
from ai4v.kit.clock import Clock, SystemClock
from ai4v.kit.discovery import Directory
from ai4v.kit.fallback import FallbackRateLimiter
from ai4v.kit.health import HealthMonitor
from ai4v.kit.identity import TokenSigner
from ai4v.kit.listing import listed
from ai4v.kit.log import get_logger
from ai4v.kit.serve import serve
from ai4v.kit.store import pick_by_scheme
from ai4v.kit.topology import load_topology
from ai4v.ports.cache import Cache
from ai4v.ports.ratelimit import RateLimiter
from ai4v.ports.registry import Registry
from ai4v.services.gateway.document import ApiDocument
from ai4v.services.gateway.edge import Edge
from ai4v.services.gateway.gate import Gate
from ai4v.services.gateway.header import AnswerHeaderLayer
from ai4v.services.gateway.inquiry import SignedInquirer
from ai4v.services.gateway.limit import OpenLimits
from ai4v.services.gateway.proxy import Proxy
from ai4v.services.gateway.routes import Entrance, router
from ai4v.services.gateway.routing import RouteTable
from ai4v.services.gateway.service import Overview
from ai4v.services.gateway.settings import GatewaySettings
from ai4v.services.gateway.upstream import HttpxUpstream, open_transport
from ai4v.services.gateway.verification import AuthService, CredentialVerifier

_log: Final = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Adapters:
    """What stands behind the ports of the gateway."""

    cache: Cache
    limiter: RateLimiter
    """Never unavailable."""
    registry: Registry
    transport: httpx2.AsyncBaseTransport
    """Reaches the services."""
    clock: Clock


OpenAdapters = Callable[[], AbstractAsyncContextManager[Adapters]]


def main() -> None:
    """Run the gateway until it is told to stop."""
    settings = GatewaySettings.load()
    serve(create_app(settings), settings)


def create_app(settings: GatewaySettings, *, adapters: Adapters | None = None) -> FastAPI:
    """Make the app.

    Args:
        settings: of this process.
        adapters: opened and closed by the caller; None: those that the settings name.

    Raises:
        SystemExit: the settings name an adapter that there is not.
    """
    open_adapters = choose_adapters(settings)
    health = HealthMonitor(settings.service)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, Entrance]]:
        async with AsyncExitStack() as stack:
            chosen = adapters
            if chosen is None:
                chosen = await stack.enter_async_context(open_adapters())
            entrance = await _open(app, settings, chosen, stack)
            await stack.enter_async_context(
                listed(chosen.registry, settings.service, settings.base_url, health)
            )
            yield {"entrance": entrance}

    plan = AppPlan(
        service=settings.service,
        summary="The one entry point of the platform",
        routers=(router,),
        lifespan=lifespan,
        max_body_bytes=settings.max_body_bytes,
    )
    app = create_edge_app(plan, health=health)
    app.router.default = _pass_on
    _add_browser_layers(app, settings)
    return app


def choose_adapters(settings: GatewaySettings) -> OpenAdapters:
    """Return what opens the adapters that the settings name.

    Raises:
        SystemExit: there is none of that scheme; the message lists those there are.
    """
    url = settings.cache_url.get_secret_value()
    opener = pick_by_scheme(_ADAPTERS, url, service=settings.service, variable="AI4V_CACHE_URL")
    return partial(opener, settings)


async def _pass_on(scope: Scope, receive: Receive, send: Send) -> None:
    edge: Edge = scope["state"]["entrance"].edge
    await edge(scope, receive, send)


def _add_browser_layers(app: FastAPI, settings: GatewaySettings) -> None:
    app.add_middleware(AnswerHeaderLayer)
    if not settings.cors_origins:
        return
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"),
        allow_headers=(
            *("Accept", "Authorization", "Content-Type", "X-API-Key"),
            *("X-Request-ID", "X-Request-Timeout-Ms"),
        ),
        expose_headers=("RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID"),
    )


async def _open(
    app: FastAPI, settings: GatewaySettings, adapters: Adapters, stack: AsyncExitStack
) -> Entrance:
    """Put the gateway together; the stack stops it in reverse."""
    topology = load_topology()
    clock = adapters.clock
    names = [service.name for service in topology.services]
    directory = await stack.enter_async_context(Directory(adapters.registry, names))
    balancer = Balancer(directory, clock)
    signer = TokenSigner(settings.internal_private_key.get_secret_value(), service=settings.service)
    http = httpx2.AsyncClient(transport=adapters.transport)
    authority = AuthService(
        ServiceClient(
            "auth", locate=balancer.pick, signer=signer, http=http, suspect=balancer.suspect
        ),
        timeout_s=settings.verify_timeout_s,
    )
    gate = _build_gate(settings, adapters, authority, stack)
    upstream = HttpxUpstream(adapters.transport, connect_timeout_s=settings.connect_timeout_s)
    edge = Edge(RouteTable(topology.services), gate, Proxy(balancer, signer, upstream))
    inquirer = SignedInquirer(signer, http)
    overview = Overview(topology.services, source=directory, inquirer=inquirer, clock=clock)
    stack.push_async_callback(overview.close)
    document = ApiDocument(
        app.openapi, topology.services, source=directory, inquirer=inquirer, clock=clock
    )
    stack.push_async_callback(document.close)
    health: HealthMonitor = app.state.health
    health.watch("valkey", adapters.cache.ping, is_critical=False)
    health.watch("auth", authority.check, is_critical=False)
    return Entrance(gate, edge, overview, document)


def _build_gate(
    settings: GatewaySettings, adapters: Adapters, authority: AuthService, stack: AsyncExitStack
) -> Gate:
    verifier = CredentialVerifier(adapters.cache, authority, adapters.clock)
    stack.push_async_callback(verifier.close)
    open_limits = OpenLimits(
        sign_ins_per_minute=settings.sign_ins_per_minute,
        open_per_minute=settings.open_per_minute,
    )
    return Gate(
        verifier,
        adapters.limiter,
        open_limits=open_limits,
        trusted_proxies=settings.trusted_proxies,
    )


@asynccontextmanager
async def _open_memory(settings: GatewaySettings) -> AsyncIterator[Adapters]:
    async with open_transport(settings.upstream_connections) as transport:
        yield Adapters(
            MemoryCache(), MemoryRateLimiter(), MemoryRegistry(), transport, SystemClock()
        )


@asynccontextmanager
async def _open_valkey(settings: GatewaySettings) -> AsyncIterator[Adapters]:
    url = settings.cache_url.get_secret_value()
    async with (
        ValkeyConnection(url) as connection,
        open_transport(settings.upstream_connections) as transport,
    ):
        limiter = FallbackRateLimiter(
            ValkeyRateLimiter(connection), MemoryRateLimiter(), on_change=_note_fallback
        )
        yield Adapters(
            ValkeyCache(connection), limiter, ValkeyRegistry(connection), transport, SystemClock()
        )


def _note_fallback(is_degraded: bool, /) -> None:  # noqa: FBT001 - the shape of the callback
    _log.warning("rate limits changed hands", are_local=is_degraded)


_ADAPTERS: Final = {"memory": _open_memory, **dict.fromkeys(SCHEMES, _open_valkey)}
