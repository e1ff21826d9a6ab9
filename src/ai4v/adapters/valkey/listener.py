"""Listening to a channel so that a lost store is noticed, even one that is only silent."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from typing import cast

from redis.asyncio import Connection, Redis
from redis.asyncio.client import PubSub
from redis.exceptions import ConnectionError as VendorConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as VendorTimeoutError

Guard = Callable[[], AbstractContextManager[None]]
"""Makes the context that translates the vendor's errors."""

_Message = Mapping[str, object]


@asynccontextmanager
async def listen(
    client: Redis, channel: str, *, guard: Guard, timeout_s: float, quiet_s: float
) -> AsyncIterator[AsyncIterator[bytes]]:
    """Subscribe, and yield the messages once the server has confirmed.

    Args:
        client: gives the connection.
        channel: its name.
        guard: around every exchange with the server.
        timeout_s: for the server to confirm, and to answer when asked whether it is there.
        quiet_s: how long to hear nothing before asking.
    """
    subscription = client.pubsub()
    try:
        with guard():
            async with asyncio.timeout(timeout_s):
                await subscription.subscribe(channel)
                await subscription.get_message(timeout=None)
        yield _Messages(subscription, guard, timeout_s, quiet_s)
    finally:
        await subscription.aclose()  # type: ignore[no-untyped-call] # redis-py's has no annotations


class _Messages:
    """Iterates; once lost, lost for good: redis-py would go on as if nothing had been missed."""

    def __init__(
        self, subscription: PubSub, guard: Guard, timeout_s: float, quiet_s: float
    ) -> None:
        self._subscription = subscription
        self._guard = guard
        self._timeout_s = timeout_s
        self._quiet_s = quiet_s
        self._is_lost = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        with self._guard():
            try:
                return await self._next()
            except (RedisError, OSError):
                self._is_lost = True
                raise

    async def _next(self) -> bytes:
        is_asked = False
        while True:
            message = await self._read(self._timeout_s if is_asked else self._quiet_s)
            if message is not None:
                is_asked = False
                if message["type"] == "message":
                    return cast("bytes", message["data"])
            elif is_asked:
                raise VendorTimeoutError("the server is silent")
            else:
                async with asyncio.timeout(self._timeout_s):
                    await self._subscription.ping()
                is_asked = True

    async def _read(self, timeout_s: float) -> _Message | None:
        connection = cast("Connection | None", self._subscription.connection)
        if self._is_lost or connection is None or not connection.is_connected:
            raise VendorConnectionError("the subscription was lost")
        async with asyncio.timeout(timeout_s + self._timeout_s):
            message = await self._subscription.get_message(timeout=timeout_s)
            return cast("_Message | None", message)
