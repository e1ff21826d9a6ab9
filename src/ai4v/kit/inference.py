"""What every service with engines runs beside its answers: listing, loading, sweeping, health."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ai4v.kit.background import beside
from ai4v.kit.database.connection import Database
from ai4v.kit.database.journal import Journal
from ai4v.kit.health import HealthMonitor
from ai4v.kit.listing import listed
from ai4v.kit.loader import EngineLoader
from ai4v.kit.sealedstore import SealedStore
from ai4v.kit.settings import InferenceSettings
from ai4v.kit.store import Store
from ai4v.kit.sweeper import Sweeper, SweepTimes
from ai4v.ports.registry import Instance

Check = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Household:
    """What is to be run and watched."""

    store: Store
    database: Database
    journal: Journal[Any, Any, Any]
    loaders: Sequence[EngineLoader]
    checks: Mapping[str, Check] = field(default_factory=lambda: MappingProxyType({}))
    """Parts that start with an engine, by their names in health."""


def open_database(settings: InferenceSettings, stack: AsyncExitStack) -> Database:
    """Open the service's pool; the stack closes it."""
    database = Database(settings.database_url.get_secret_value(), pool_size=settings.database_pool)
    stack.push_async_callback(database.close)
    return database


async def run_household(
    settings: InferenceSettings, household: Household, health: HealthMonitor, stack: AsyncExitStack
) -> Instance:
    """Start what runs beside the service; the stack stops it in reverse.

    It is listed when its engines are loaded. Where one cannot be, it is listed too: to say so.

    Returns:
        this process as the registry knows it.
    """

    async def engines() -> None:
        for loader in household.loaders:
            await loader.wait_until_tried()

    registry = SealedStore(household.store, settings).registry
    instance = await stack.enter_async_context(
        listed(registry, settings.service, settings.base_url, health, once=engines)
    )
    times = SweepTimes(settings.sweep_interval_s, settings.sweep_lease_s, settings.sweep_grace_s)
    sweeper = Sweeper(household.journal, registry, instance, times)
    for loader in household.loaders:
        await stack.enter_async_context(beside(f"loader of the {loader.name}", loader.run()))
    await stack.enter_async_context(beside("sweeper", sweeper.run()))
    health.watch("postgres", household.database.ping)
    for loader in household.loaders:
        health.watch(loader.name, loader.check, is_critical=loader.is_critical)
    for name, check in household.checks.items():
        health.watch(name, check)
    health.watch("valkey", household.store.cache.ping, is_critical=False)
    return instance
