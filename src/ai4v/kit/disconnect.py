"""Work ends when the one it is for has gone away."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from starlette.requests import Request

from ai4v.contracts.error import PlatformError

T = TypeVar("T")


class ClientDisconnectedError(PlatformError):
    """The caller closed the connection; nobody reads this answer, only logs and metrics do."""

    code = "CLIENT_DISCONNECTED"
    status = 499


async def run_while_connected(request: Request, work: Coroutine[object, object, T]) -> T:
    """Do `work` as long as the client is there; the request's body must have been read.

    When the client goes away, `work` is cancelled and has ended on return.

    Raises:
        ClientDisconnectedError: the client went away before `work` was done.
    """
    task = asyncio.ensure_future(work)
    watch = asyncio.ensure_future(_wait_for_disconnect(request))
    try:
        await asyncio.wait((task, watch), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise ClientDisconnectedError("the client closed the connection")
    finally:
        task.cancel()
        watch.cancel()
        await asyncio.wait((task, watch))


async def _wait_for_disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue
