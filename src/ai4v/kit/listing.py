"""A service's own entry in the registry: there while it takes requests, gone when it drains."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

from ai4v.kit.background import beside
from ai4v.kit.discovery import Lease
from ai4v.kit.health import HealthMonitor
from ai4v.ports.registry import Instance, Registry


@asynccontextmanager
async def listed(
    registry: Registry,
    service: str,
    base_url: str,
    health: HealthMonitor,
    *,
    once: Callable[[], Awaitable[None]] | None = None,
) -> AsyncIterator[Instance]:
    """Keep this process listed until it is told to stop, or until the block ends.

    Args:
        registry: where; it may be down, the entry comes when it is back.
        service: the name in services.toml.
        base_url: where others reach this process.
        health: knows when the process was told to stop.
        once: the entry comes only when this returns, so that nobody is sent here whom the others
            could serve; None: at once.
    """
    instance = Instance(service, uuid4().hex, base_url)
    lease = Lease(registry, instance)
    async with AsyncExitStack() as entry:
        if once is None:
            await entry.enter_async_context(lease)
        async with beside(f"listing of {service}", _keep(entry, lease, health, once)):
            yield instance


async def _keep(
    entry: AsyncExitStack,
    lease: Lease,
    health: HealthMonitor,
    once: Callable[[], Awaitable[None]] | None,
) -> None:
    if once is not None:
        await once()
        if not health.drain.is_draining:
            await entry.enter_async_context(lease)
    await health.wait_for_drain()
    await entry.aclose()
