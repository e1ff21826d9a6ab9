"""Port: bytes kept for a while and shared by every instance, with word of change.

Everything here may vanish at any time; nothing may be kept here alone.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from ai4v.contracts.error import ServiceUnavailableError


class CacheUnavailableError(ServiceUnavailableError):
    """The cache cannot be reached or did not answer in time; nothing is known of the write."""


class Cache(Protocol):
    """Keys to bytes with an expiry.

    Every method raises `CacheUnavailableError` within the adapter's timeout when the store is
    down. A cancelled call leaves the connection fit for the next caller: an answer never reaches
    a caller who did not ask for it.
    """

    async def get(self, key: str) -> bytes | None:
        """Return what is kept under `key`, or None when there is nothing or it has expired."""
        ...

    async def put(self, key: str, value: bytes, *, ttl_s: float) -> None:
        """Keep `value` under `key` for `ttl_s` seconds (> 0), replacing what was there."""
        ...

    async def add(self, key: str, value: bytes, *, ttl_s: float) -> bool:
        """Keep `value` only if `key` holds nothing, atomically; tell whether it was kept."""
        ...

    async def delete(self, key: str) -> None:
        """Forget `key`; nothing happens when it is not there."""
        ...

    async def publish(self, channel: str, message: bytes) -> None:
        """Send `message` to whoever listens on `channel` now; at most once, in order per sender."""
        ...

    def subscribe(self, channel: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Listen to `channel`; what is published after entering is received, in order.

        The iterator raises `CacheUnavailableError` when the store is lost: messages may have been
        missed, so the listener must look again at what it derives from them.
        """
        ...

    async def ping(self) -> None:
        """Return when the store answers."""
        ...


class ExclusiveCache(Protocol):
    """Keys that one holder at a time has, for as long as its lease runs.

    Who holds a key knows the value it put there, which nobody else puts anywhere. The promises are
    those of `Cache`: two calls on one key never see each other half done.
    """

    async def get(self, key: str) -> bytes | None:
        """Return what is kept under `key`, or None when there is nothing or it has expired."""
        ...

    async def add(self, key: str, value: bytes, *, ttl_s: float) -> bool:
        """Keep `value` only if `key` holds nothing, atomically; tell whether it was kept."""
        ...

    async def replace(self, key: str, value: bytes, *, held: bytes, ttl_s: float) -> bool:
        """Keep `value` for `ttl_s` seconds only if `key` holds `held`; tell whether it was kept.

        With `held` as the value this renews a lease.
        """
        ...

    async def remove(self, key: str, *, held: bytes) -> bool:
        """Forget `key` only if it holds `held`, atomically; tell whether it did."""
        ...
