"""Wait for something that another process does."""

import asyncio
from collections.abc import Awaitable, Callable

_INTERVAL_S = 0.05


async def until(condition: Callable[[], Awaitable[bool]], *, timeout_s: float = 30.0) -> None:
    """Return as soon as `condition()` is true; raise TimeoutError when it never is."""
    async with asyncio.timeout(timeout_s):
        while True:
            if await condition():
                return
            await asyncio.sleep(_INTERVAL_S)
