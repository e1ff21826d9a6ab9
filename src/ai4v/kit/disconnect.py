"""Work ends when the one it is for has gone away."""

import asyncio
from collections.abc import Coroutine
from typing import Final, TypeVar

from starlette.requests import Request

from ai4v.contracts.error import PlatformError

T = TypeVar("T")
_TURNS: Final = 4
"""Of the event loop, until it knows that a connection has ended whose end came with the request:
one reads the end, one closes, one tells, one wakes who waits."""


class ClientDisconnectedError(PlatformError):
    """The caller closed the connection; nobody reads this answer, only logs and metrics do."""

    code = "CLIENT_DISCONNECTED"
    status = 499


async def run_while_connected(request: Request, work: Coroutine[object, object, T]) -> T:
    """Do `work` as long as the client is there; the request's body must have been read.

    When the client goes away, `work` is cancelled and has ended on return. It is not begun for one
    who went before the request was read, as is found after a pause of this process: somebody else
    has done it since, and its record must not be taken from them.

    Raises:
        ClientDisconnectedError: the client went away before `work` was done.
    """
    watch = asyncio.ensure_future(_wait_for_disconnect(request))
    task: asyncio.Future[T] | None = None
    try:
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        if not watch.done():
            task = asyncio.ensure_future(work)
            await asyncio.wait((task, watch), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
        raise ClientDisconnectedError("the client closed the connection")
    finally:
        watch.cancel()
        if task is None:
            work.close()
            await asyncio.wait((watch,))
        else:
            task.cancel()
            await asyncio.wait((task, watch))


async def _wait_for_disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue
