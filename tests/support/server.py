"""uvicorn on a free port of this machine, in this event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

from tests.support.poll import until


@asynccontextmanager
async def serve_app(
    app: ASGIApp, *, ws: Literal["none", "websockets-sansio"] = "websockets-sansio"
) -> AsyncIterator[str]:
    """Serve `app`; yield its address.

    Not by the loop of uvicorn's own, which looks ten times a second whether it should end.
    """
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="off", ws=ws)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    state = server.server_state

    async def is_idle() -> bool:
        await asyncio.sleep(0)
        return not state.connections and not state.tasks

    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        for listener in server.servers:
            listener.close()
        for connection in list(state.connections):
            connection.shutdown()
        await until(is_idle)
