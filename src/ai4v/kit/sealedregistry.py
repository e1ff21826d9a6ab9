"""A registry that believes only instances that the platform itself listed."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from ai4v.kit.seal import Seal
from ai4v.ports.registry import Instance, Registry


class SealedRegistry:
    """A registry in which each address is sealed, for its service and instance and a lease's time.

    Word of a change is not sealed: it only makes listeners look.

    Args:
        registry: keeps it.
        seal: of the platform.
    """

    def __init__(self, registry: Registry, seal: Seal) -> None:
        self._registry = registry
        self._seal = seal

    async def register(self, instance: Instance, *, lease_s: float) -> None:
        """Seal and list."""
        address = instance.base_url.encode()
        sealed = self._seal.close(_place(instance), address, ttl_s=lease_s).decode()
        await self._registry.register(replace(instance, base_url=sealed), lease_s=lease_s)

    async def deregister(self, instance: Instance) -> None:
        """Unlist."""
        await self._registry.deregister(instance)

    async def instances(self, service: str) -> tuple[Instance, ...]:
        """Return those that the platform listed."""
        opened = map(self._open, await self._registry.instances(service))
        return tuple(instance for instance in opened if instance is not None)

    def changes(self) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """Listen."""
        return self._registry.changes()

    def _open(self, instance: Instance) -> Instance | None:
        sealed = instance.base_url.encode(errors="surrogatepass")
        address = self._seal.open(_place(instance), sealed)
        return None if address is None else replace(instance, base_url=address.decode())


def _place(instance: Instance) -> str:
    return f"instance:{instance.service}:{instance.instance_id}"
