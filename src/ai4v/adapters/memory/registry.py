"""The registry port in a dict."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Final

from ai4v.adapters.memory.channel import Channels
from ai4v.kit.clock import Clock, SystemClock
from ai4v.ports.registry import Instance, RegistryUnavailableError

_CHANGES: Final = "changes"


class MemoryRegistry:
    """Leases of the instances in this process."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._leases: dict[str, dict[str, tuple[Instance, float]]] = {}
        self._channels = Channels[str](RegistryUnavailableError)

    async def register(self, instance: Instance, *, lease_s: float) -> None:
        """List or renew, and announce what was not listed."""
        if lease_s <= 0:
            raise ValueError("lease_s must be greater than 0")
        leases = self._live(instance.service)
        is_new = instance.instance_id not in leases
        leases[instance.instance_id] = (instance, self._clock.monotonic_s() + lease_s)
        if is_new:
            self._channels.publish(_CHANGES, instance.service)

    async def deregister(self, instance: Instance) -> None:
        """Unlist, and announce what was listed."""
        if self._live(instance.service).pop(instance.instance_id, None):
            self._channels.publish(_CHANGES, instance.service)

    async def instances(self, service: str) -> tuple[Instance, ...]:
        """Return those whose lease has not run out."""
        leases = self._live(service)
        return tuple(leases[instance_id][0] for instance_id in sorted(leases))

    def changes(self) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """Listen to what this process announces."""
        return self._channels.subscribe(_CHANGES)

    def _live(self, service: str) -> dict[str, tuple[Instance, float]]:
        now_s = self._clock.monotonic_s()
        leases = self._leases.setdefault(service, {})
        for instance_id in [key for key, (_, expires_s) in leases.items() if expires_s <= now_s]:
            del leases[instance_id]
        return leases
