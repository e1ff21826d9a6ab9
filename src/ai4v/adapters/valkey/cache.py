"""The cache port in Valkey."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Final, cast

from ai4v.adapters.valkey.connection import ValkeyConnection
from ai4v.adapters.valkey.script import load_script
from ai4v.ports.cache import CacheUnavailableError

_DOWN: Final = CacheUnavailableError
_REPLACE: Final = load_script("replace")
_REMOVE: Final = load_script("remove")


class ValkeyCache:
    """Keeps keys under `<namespace>:cache:`; expiry is the server's, to the millisecond."""

    def __init__(self, connection: ValkeyConnection, *, namespace: str = "ai4v") -> None:
        self._connection = connection
        self._prefix = f"{namespace}:cache:"

    async def get(self, key: str) -> bytes | None:
        """GET."""
        value = await self._connection.execute(_DOWN, "GET", self._prefix + key)
        return cast("bytes | None", value)

    async def put(self, key: str, value: bytes, *, ttl_s: float) -> None:
        """SET with PX."""
        ttl_ms = _milliseconds(ttl_s)
        await self._connection.execute(_DOWN, "SET", self._prefix + key, value, "PX", ttl_ms)

    async def add(self, key: str, value: bytes, *, ttl_s: float) -> bool:
        """SET with PX and NX."""
        ttl_ms = _milliseconds(ttl_s)
        reply = await self._connection.execute(
            _DOWN, "SET", self._prefix + key, value, "PX", ttl_ms, "NX"
        )
        return reply is not None

    async def replace(self, key: str, value: bytes, *, held: bytes, ttl_s: float) -> bool:
        """Compare and SET with PX in one script; SET has no IFEQ in Redis."""
        ttl_ms = _milliseconds(ttl_s)
        place = self._prefix + key
        return await self._connection.run(_DOWN, _REPLACE, 1, place, held, value, ttl_ms) == 1

    async def remove(self, key: str, *, held: bytes) -> bool:
        """Compare and DEL in one script."""
        return await self._connection.run(_DOWN, _REMOVE, 1, self._prefix + key, held) == 1

    async def delete(self, key: str) -> None:
        """DEL."""
        await self._connection.execute(_DOWN, "DEL", self._prefix + key)

    async def publish(self, channel: str, message: bytes) -> None:
        """PUBLISH."""
        await self._connection.execute(_DOWN, "PUBLISH", self._prefix + channel, message)

    def subscribe(self, channel: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """SUBSCRIBE on a connection of its own."""
        return self._connection.listen(_DOWN, self._prefix + channel)

    async def ping(self) -> None:
        """PING."""
        await self._connection.execute(_DOWN, "PING")


def _milliseconds(ttl_s: float) -> int:
    if ttl_s <= 0:
        raise ValueError("ttl_s must be greater than 0")
    return max(1, round(ttl_s * 1000))
