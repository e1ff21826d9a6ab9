"""A cache that believes only what the platform itself put or published there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from ai4v.kit.seal import Seal
from ai4v.ports.cache import Cache

_MESSAGE_S: Final = 5.0
"""How long a message is good: it is heard now or never, but must not be repeated for ever."""


class SealedCache:
    """A cache whose contents and messages are sealed.

    What is not to be believed is as absent, except for `add`: it is not overwritten, because a mark
    of the platform's may come between the look and the write.

    Args:
        cache: keeps it.
        seal: of the platform.
    """

    def __init__(self, cache: Cache, seal: Seal) -> None:
        self._cache = cache
        self._seal = seal

    async def get(self, key: str) -> bytes | None:
        """Return what the platform keeps there."""
        sealed = await self._cache.get(key)
        return None if sealed is None else self._seal.open(f"cache:{key}", sealed)

    async def put(self, key: str, value: bytes, *, ttl_s: float) -> None:
        """Seal and keep."""
        await self._cache.put(key, self._close(key, value, ttl_s), ttl_s=ttl_s)

    async def add(self, key: str, value: bytes, *, ttl_s: float) -> bool:
        """Seal and keep, if nothing is there."""
        return await self._cache.add(key, self._close(key, value, ttl_s), ttl_s=ttl_s)

    async def delete(self, key: str) -> None:
        """Forget."""
        await self._cache.delete(key)

    async def publish(self, channel: str, message: bytes) -> None:
        """Seal and send."""
        place = f"channel:{channel}"
        await self._cache.publish(channel, self._seal.close(place, message, ttl_s=_MESSAGE_S))

    @asynccontextmanager
    async def subscribe(self, channel: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Listen to what the platform sends."""
        async with self._cache.subscribe(channel) as messages:
            yield _Opened(self._seal, f"channel:{channel}", messages)

    async def ping(self) -> None:
        """Return when the store answers."""
        await self._cache.ping()

    def _close(self, key: str, value: bytes, ttl_s: float) -> bytes:
        return self._seal.close(f"cache:{key}", value, ttl_s=ttl_s)


class _Opened:
    """The messages that are to be believed."""

    def __init__(self, seal: Seal, place: str, messages: AsyncIterator[bytes]) -> None:
        self._seal = seal
        self._place = place
        self._messages = messages

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while True:
            message = self._seal.open(self._place, await anext(self._messages))
            if message is not None:
                return message
