"""Where the pipeline is put together, and the only place that knows its adapters."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import (
    AsyncExitStack,
    asynccontextmanager,
)
from dataclasses import dataclass
from typing import Final

import httpx2
from fastapi import FastAPI

from ai4v.adapters.memory.store import open_memory_store
from ai4v.adapters.valkey.connection import SCHEMES
from ai4v.adapters.valkey.store import open_valkey_store
from ai4v.kit.admission import Admission
from ai4v.kit.app import OpenAdapters, create_entrance_app, given
from ai4v.kit.balance import Balancer
from ai4v.kit.balance.patrol import Patrol
from ai4v.kit.balance.probe import ClientProber
from ai4v.kit.clock import SystemClock
from ai4v.kit.discovery import Directory
from ai4v.kit.health import HealthMonitor
from ai4v.kit.listing import listed
from ai4v.kit.sealedstore import SealedStore
from ai4v.kit.serve import serve
from ai4v.kit.store import Store, pick_by_scheme
from ai4v.services.pipeline.routes import Entrance, router
from ai4v.services.pipeline.service import PipelineService
from ai4v.services.pipeline.settings import PipelineSettings
from ai4v.services.pipeline.task import SERVICES


@dataclass(frozen=True, slots=True)
class Adapters:
    """What stands behind the ports of this service."""

    store: Store
    transport: httpx2.AsyncBaseTransport
    """Reaches the services that do the tasks."""


def main() -> None:
    """Run the service until it is told to stop."""
    settings = PipelineSettings.load()
    serve(create_app(settings), settings)


def create_app(settings: PipelineSettings, *, adapters: Adapters | None = None) -> FastAPI:
    """Make the app.

    Args:
        settings: of this process.
        adapters: opened and closed by the caller; None: those that the settings name.

    Raises:
        SystemExit: the settings name an adapter that there is not.
    """
    open_adapters = choose_adapters(settings) if adapters is None else given(adapters)
    return create_entrance_app(
        settings,
        open_adapters,
        _open,
        summary="Tasks in a row: speech to text, translation, text to speech",
        routers=(router,),
    )


async def _open(
    settings: PipelineSettings, adapters: Adapters, health: HealthMonitor, stack: AsyncExitStack
) -> Entrance:
    """Put the service together and start what runs beside it; the stack stops it in reverse."""
    store = SealedStore(adapters.store, settings)
    directory = await stack.enter_async_context(Directory(store.registry, SERVICES))
    balancer = Balancer(directory, SystemClock())
    http = httpx2.AsyncClient(transport=adapters.transport)
    await stack.enter_async_context(Patrol(balancer, ClientProber(http)))
    await stack.enter_async_context(
        listed(store.registry, settings.service, settings.base_url, health)
    )
    for service in SERVICES:
        health.watch(service, _presence(balancer, service), is_critical=False)
    health.watch("valkey", store.cache.ping, is_critical=False)
    return Entrance(PipelineService(), http, balancer, Admission(settings.queue_limit))


def _presence(balancer: Balancer, service: str) -> Callable[[], Awaitable[None]]:
    """Return a check that somebody does the tasks of `service`."""

    async def check() -> None:
        balancer.check(service)

    return check


def choose_adapters(settings: PipelineSettings) -> OpenAdapters[Adapters]:
    """Return what opens the adapters that the settings name.

    Raises:
        SystemExit: there is none of that scheme; the message lists those there are.
    """
    url = settings.cache_url.get_secret_value()
    open_store = pick_by_scheme(_STORES, url, service=settings.service, variable="AI4V_CACHE_URL")

    @asynccontextmanager
    async def open_adapters() -> AsyncIterator[Adapters]:
        limits = httpx2.Limits(max_connections=4 * settings.queue_limit, keepalive_expiry=30.0)
        transport = httpx2.AsyncHTTPTransport(limits=limits, trust_env=False)
        async with open_store(url) as store, transport:
            yield Adapters(store, transport)

    return open_adapters


_STORES: Final = {"memory": open_memory_store, **dict.fromkeys(SCHEMES, open_valkey_store)}
