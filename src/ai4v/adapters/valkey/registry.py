"""The registry port in Valkey: leases end on the server's clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, cast

from ai4v.adapters.valkey.connection import ValkeyConnection
from ai4v.adapters.valkey.script import load_script
from ai4v.ports.registry import Instance, RegistryUnavailableError

_DOWN: Final = RegistryUnavailableError
_REGISTER: Final = load_script("register")
_DEREGISTER: Final = load_script("deregister")
_INSTANCES: Final = load_script("instances")


class ValkeyRegistry:
    """Keeps a sorted set of leases and a hash of addresses for each service.

    Both are gone when the last lease has ended.
    """

    def __init__(self, connection: ValkeyConnection, *, namespace: str = "ai4v") -> None:
        self._connection = connection
        self._prefix = f"{namespace}:registry:"
        self._channel = f"{self._prefix}changes"

    async def register(self, instance: Instance, *, lease_s: float) -> None:
        """List or renew in one script."""
        if lease_s <= 0:
            raise ValueError("lease_s must be greater than 0")
        await self._connection.run(
            _DOWN,
            _REGISTER,
            *self._keys(instance.service),
            instance.instance_id,
            instance.base_url,
            max(1, round(lease_s * 1000)),
            self._channel,
            instance.service,
        )

    async def deregister(self, instance: Instance) -> None:
        """Unlist in one script."""
        await self._connection.run(
            _DOWN,
            _DEREGISTER,
            *self._keys(instance.service),
            instance.instance_id,
            self._channel,
            instance.service,
        )

    async def instances(self, service: str) -> tuple[Instance, ...]:
        """Read in one script."""
        reply = await self._connection.run(_DOWN, _INSTANCES, *self._keys(service))
        texts = [text.decode(errors="replace") for text in cast("list[bytes]", reply)]
        pairs = sorted(zip(texts[::2], texts[1::2], strict=True))
        return tuple(Instance(service, instance_id, address) for instance_id, address in pairs)

    @asynccontextmanager
    async def changes(self) -> AsyncIterator[AsyncIterator[str]]:
        """Listen to what the scripts announce."""
        async with self._connection.listen(_DOWN, self._channel) as messages:
            yield _Names(messages)

    def _keys(self, service: str) -> tuple[int, str, str]:
        """Name both keys; the braces keep them on one node of a cluster."""
        return 2, f"{self._prefix}{{{service}}}:lease", f"{self._prefix}{{{service}}}:address"


class _Names:
    """Messages, read as names."""

    def __init__(self, messages: AsyncIterator[bytes]) -> None:
        self._messages = messages

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        return (await anext(self._messages)).decode(errors="replace")
