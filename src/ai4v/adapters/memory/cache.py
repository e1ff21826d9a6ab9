"""The cache port in a dict."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

from ai4v.adapters.memory.channel import Channels
from ai4v.kit.clock import Clock, SystemClock
from ai4v.ports.cache import CacheUnavailableError


class MemoryCache:
    """Keeps at most `max_entries`; beyond that what was written longest ago vanishes."""

    def __init__(self, clock: Clock | None = None, *, max_entries: int = 100_000) -> None:
        self._clock = clock or SystemClock()
        self._max_entries = max_entries
        self._entries: dict[str, tuple[bytes, float]] = {}
        self._channels = Channels[bytes](CacheUnavailableError)

    async def get(self, key: str) -> bytes | None:
        """Return the value that has not expired."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        value, expires_s = entry
        if self._clock.monotonic_s() >= expires_s:
            del self._entries[key]
            return None
        return value

    async def put(self, key: str, value: bytes, *, ttl_s: float) -> None:
        """Keep the value as the newest."""
        if ttl_s <= 0:
            raise ValueError("ttl_s must be greater than 0")
        self._entries.pop(key, None)
        while len(self._entries) >= self._max_entries:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (value, self._clock.monotonic_s() + ttl_s)

    async def add(self, key: str, value: bytes, *, ttl_s: float) -> bool:
        """Keep the value when the key is free; one event loop makes it atomic."""
        if await self.get(key) is not None:
            return False
        await self.put(key, value, ttl_s=ttl_s)
        return True

    async def replace(self, key: str, value: bytes, *, held: bytes, ttl_s: float) -> bool:
        """Keep the value in the place of `held`; one event loop makes it atomic."""
        if ttl_s <= 0:
            raise ValueError("ttl_s must be greater than 0")
        if await self.get(key) != held:
            return False
        await self.put(key, value, ttl_s=ttl_s)
        return True

    async def remove(self, key: str, *, held: bytes) -> bool:
        """Forget the key that holds `held`; one event loop makes it atomic."""
        if await self.get(key) != held:
            return False
        await self.delete(key)
        return True

    async def delete(self, key: str) -> None:
        """Forget the key."""
        self._entries.pop(key, None)

    async def publish(self, channel: str, message: bytes) -> None:
        """Hand the message to the listeners in this process."""
        self._channels.publish(channel, message)

    def subscribe(self, channel: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Listen to what this process publishes."""
        return self._channels.subscribe(channel)

    async def ping(self) -> None:
        """Return at once."""
