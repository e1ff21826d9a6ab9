"""Port: which instances of which services are alive."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from ai4v.contracts.error import ServiceUnavailableError


class RegistryUnavailableError(ServiceUnavailableError):
    """The registry cannot be reached within the timeout."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One running process of a service."""

    service: str
    instance_id: str
    """Unique for ever: a restarted process has a new one."""
    base_url: str
    """Where it answers, scheme to port: `http://127.0.0.1:8087`."""


class Registry(Protocol):
    """Leases on addresses.

    An instance is listed from its registration until it deregisters or its lease runs out on the
    store's own clock; a lease not renewed is gone, whatever any process's clock says.
    """

    async def register(self, instance: Instance, *, lease_s: float) -> None:
        """List `instance` for `lease_s` seconds, or renew its lease. Idempotent."""
        ...

    async def deregister(self, instance: Instance) -> None:
        """Unlist it at once; nothing happens when it is not listed."""
        ...

    async def instances(self, service: str) -> tuple[Instance, ...]:
        """Return the live instances of `service`, sorted by instance id; empty when none is."""
        ...

    def changes(self) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """Listen: yields a service's name after an instance of it was first listed or unlisted.

        A lease that runs out is not announced, so a listener also polls. Raises
        `RegistryUnavailableError` from the iterator when the store is lost.
        """
        ...
