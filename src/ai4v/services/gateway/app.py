"""Wires the gateway: the only place that chooses its adapters."""

import gc
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Final

from fastapi import FastAPI

from ai4v.adapters.http1.pool import UpstreamLimits
from ai4v.adapters.http1.upstream import Http1Upstream
from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.adapters.valkey.cache import ValkeyCache
from ai4v.adapters.valkey.connection import HOT_PATH, SCHEMES, ValkeyConnection
from ai4v.adapters.valkey.ratelimit import ValkeyRateLimiter
from ai4v.adapters.valkey.registry import ValkeyRegistry
from ai4v.kit.app import AppPlan, create_edge_app
from ai4v.kit.clock import SystemClock
from ai4v.kit.discovery import Directory
from ai4v.kit.fallback import FallbackPolicy, FallbackRateLimiter
from ai4v.kit.health import HealthMonitor
from ai4v.kit.listing import listed
from ai4v.kit.log import get_logger
from ai4v.kit.seal import Seal
from ai4v.kit.sealedregistry import SealedRegistry
from ai4v.kit.serve import serve
from ai4v.kit.store import pick_by_scheme
from ai4v.services.gateway.front import Front
from ai4v.services.gateway.opening import Adapters, open_entrance
from ai4v.services.gateway.passage.origin import Origins
from ai4v.services.gateway.routes import Entrance, router
from ai4v.services.gateway.settings import GatewaySettings

__all__ = ["Adapters", "choose_adapters", "create_app", "main"]

_GC_THRESHOLDS: Final = (20_000, 20, 20)
_log: Final = get_logger(__name__)


OpenAdapters = Callable[[], AbstractAsyncContextManager[Adapters]]


def main() -> None:
    """Run the gateway until it is told to stop."""
    settings = GatewaySettings.load()
    app = create_app(settings)
    gc.collect()
    gc.freeze()  # what was imported stays: looking through it again and again costs a tenth
    gc.set_threshold(*_GC_THRESHOLDS)
    serve(app, settings)


def create_app(settings: GatewaySettings, *, adapters: Adapters | None = None) -> Front:
    """Make the app.

    Args:
        settings: of this process.
        adapters: opened and closed by the caller; None: those that the settings name.

    Raises:
        SystemExit: the settings name an adapter that there is not.
    """
    open_adapters = choose_adapters(settings)
    health = HealthMonitor(settings.service)
    origins = Origins(settings.cors_origins)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, Entrance]]:
        async with AsyncExitStack() as stack:
            chosen = adapters
            if chosen is None:
                chosen = await stack.enter_async_context(open_adapters())
            chosen = chosen.sealed(settings)
            entrance = await open_entrance(app, settings, chosen, origins, stack)
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
    return Front(create_edge_app(plan, health=health), origins)


def choose_adapters(settings: GatewaySettings) -> OpenAdapters:
    """Return what opens the adapters that the settings name.

    Raises:
        SystemExit: there is none of that scheme; the message lists those there are.
    """
    url = settings.cache_url.get_secret_value()
    opener = pick_by_scheme(_ADAPTERS, url, service=settings.service, variable="AI4V_CACHE_URL")
    return partial(opener, settings)


@asynccontextmanager
async def _open_memory(settings: GatewaySettings) -> AsyncIterator[Adapters]:
    async with _make_upstream(settings) as upstream:
        cache = MemoryCache()
        yield Adapters(
            cache, MemoryRateLimiter(), MemoryRegistry(), upstream, SystemClock(), ledger=cache
        )


@asynccontextmanager
async def _open_valkey(settings: GatewaySettings) -> AsyncIterator[Adapters]:
    url = settings.cache_url.get_secret_value()
    name = settings.service
    seal = Seal(settings.identity_secret.get_secret_value())
    async with (
        ValkeyConnection(url, HOT_PATH) as hot,
        ValkeyConnection(url) as connection,
        _make_upstream(settings) as upstream,
        Directory(SealedRegistry(ValkeyRegistry(connection), seal), [name]) as peers,
    ):
        limiter = FallbackRateLimiter(
            ValkeyRateLimiter(hot),
            MemoryRateLimiter(),
            policy=FallbackPolicy(lambda: max(1, len(peers.instances(name)))),
            on_change=_note_fallback,
        )
        yield Adapters(
            cache=ValkeyCache(hot),
            limiter=limiter,
            registry=ValkeyRegistry(connection),
            upstream=upstream,
            clock=SystemClock(),
            ledger=ValkeyCache(connection),
            is_limiter_alone=lambda: limiter.is_degraded,
        )


def _make_upstream(settings: GatewaySettings) -> Http1Upstream:
    return Http1Upstream(
        UpstreamLimits(
            connect_timeout_s=settings.connect_timeout_s,
            max_connections=settings.upstream_connections,
            max_channels=settings.max_streams,
        )
    )


def _note_fallback(is_degraded: bool, /) -> None:  # noqa: FBT001 - the shape of the callback
    _log.warning("rate limits changed hands", are_local=is_degraded)


_ADAPTERS: Final = {"memory": _open_memory, **dict.fromkeys(SCHEMES, _open_valkey)}
