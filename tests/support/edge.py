"""A server of the kit's, in this event loop, with an app that has streams."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from fastapi import APIRouter, FastAPI, Request, Response, WebSocket
from pydantic import SecretStr

from ai4v.kit.disconnect import ClientDisconnectedError, run_while_connected
from ai4v.kit.health import HealthMonitor
from ai4v.kit.serve import DrainingServer, make_server
from ai4v.kit.settings import EdgeSettings
from tests.support.poll import until
from tests.support.seal import SECRET


class Settings(EdgeSettings):
    """Of a service that exists in tests alone."""

    service: ClassVar[str] = "edge"


@dataclass
class Edge:
    """A server that runs."""

    server: DrainingServer
    health: HealthMonitor
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    may_receive: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0
    begun: int = 0
    left: int = 0
    received: int = 0

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self.server.servers[0].sockets[0].getsockname()[1]
        return port


def _make_app(edge: list[Edge]) -> FastAPI:
    app = FastAPI()
    app.state.health = HealthMonitor("edge")

    @app.get("/scheme")
    async def scheme(request: Request) -> str:
        return request.url.scheme

    @app.get("/slow")
    async def slow() -> str:
        edge[0].asked += 1
        await edge[0].may_answer.wait()
        return "done"

    @app.websocket("/stream")
    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        with edge[0].health.drain.stream():
            draining = asyncio.create_task(edge[0].health.drain.wait())
            receiving = asyncio.create_task(socket.receive_text())
            await asyncio.wait((draining, receiving), return_when=asyncio.FIRST_COMPLETED)
            await socket.send_json({"type": "going_away", "deadlineMs": 1000})
            await receiving
            await socket.send_text("final")
            await socket.close(1001)
            draining.cancel()

    @app.websocket("/refused")
    async def refused(socket: WebSocket) -> None:
        await socket.send_denial_response(Response("not you", 401))

    @app.websocket("/count")
    async def count(socket: WebSocket) -> None:
        await socket.accept()
        await edge[0].may_receive.wait()
        while (await socket.receive())["type"] != "websocket.disconnect":
            edge[0].received += 1

    return app


def _make_router(edge: list[Edge]) -> APIRouter:
    router = APIRouter()

    @router.post("/work")
    async def work(request: Request) -> None:
        async def begin() -> None:
            edge[0].begun += 1

        await request.body()
        try:
            await run_while_connected(request, begin())
        except ClientDisconnectedError:
            edge[0].left += 1

    return router


@asynccontextmanager
async def run_edge(
    *, certificate: Path | None = None, private_key: Path | None = None, drain_s: float = 5.0
) -> AsyncIterator[Edge]:
    """Serve, over TLS when there is a certificate."""
    edges: list[Edge] = []
    app = _make_app(edges)
    app.include_router(_make_router(edges))
    settings = Settings(
        port=0,
        cache_url=SecretStr("memory://"),
        internal_public_key=SecretStr("none"),
        identity_secret=SECRET,
        tls_certificate=certificate,
        tls_private_key=private_key,
        drain_s=drain_s,
    )
    server = make_server(app, settings)
    edges.append(Edge(server, app.state.health))
    serving = asyncio.create_task(server._serve())

    async def is_up() -> bool:
        return server.started or serving.done()

    await until(is_up)
    try:
        yield edges[0]
    finally:
        edges[0].may_answer.set()
        edges[0].may_receive.set()
        server.should_exit = True
        await serving
