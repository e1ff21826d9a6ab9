"""A service's own entry in the registry: there while it takes requests, gone when it drains."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

from ai4v.kit.background import beside
from ai4v.kit.discovery import Lease
from ai4v.kit.health import HealthMonitor
from ai4v.ports.registry import Instance, Registry


@asynccontextmanager
async def listed(
    registry: Registry, service: str, base_url: str, health: HealthMonitor
) -> AsyncIterator[Instance]:
    """Keep this process listed until it is told to stop, or until the block ends.

    Args:
        registry: where; it may be down, the entry comes when it is back.
        service: the name in services.toml.
        base_url: where others reach this process.
        health: knows when the process was told to stop.
    """
    instance = Instance(service, uuid4().hex, base_url)
    async with AsyncExitStack() as entry:
        await entry.enter_async_context(Lease(registry, instance))
        async with beside(f"listing of {service}", _end_at_drain(entry, health)):
            yield instance


async def _end_at_drain(entry: AsyncExitStack, health: HealthMonitor) -> None:
    await health.wait_for_drain()
    await entry.aclose()
