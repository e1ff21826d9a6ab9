"""A speech service that tells what reached it, and others that misbehave."""

import asyncio

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ai4v.contracts.capability import Capability, Task, Tier
from ai4v.kit.identity import CurrentCaller


class Echo(BaseModel):
    """What reached the service."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str
    caller: str
    subject: str | None


def make_router() -> APIRouter:
    router = APIRouter()

    async def echo(request: Request, caller: CurrentCaller) -> Echo:
        return Echo(
            method=request.method,
            path=request.url.path,
            query=request.url.query,
            headers=dict(request.headers),
            body=(await request.body()).decode(),
            caller=caller.service,
            subject=caller.principal.subject if caller.principal else None,
        )

    async def teapot() -> Response:
        headers = {"keep-alive": "timeout=5", "x-ai4v-inner": "1", "x-kept": "yes"}
        return Response("short and stout", status_code=418, headers=headers)

    async def packed() -> Response:
        return Response(b"\x1f\x8bnot really", headers={"content-encoding": "gzip"})

    async def capabilities() -> list[Capability]:
        return [
            Capability(task=Task.TRANSCRIBE, language="hi", tier=tier, engine=name, model_id=name)
            for tier, name in ((Tier.DEMO, "weak"), (Tier.NEURAL, "strong"))
        ]

    router.add_api_route("/api/v1/asr/models", echo, methods=["GET"])
    router.add_api_route("/api/v1/asr/models", echo, methods=["HEAD"], include_in_schema=False)
    router.add_api_route("/api/v1/asr/inference", echo, methods=["POST"])
    router.add_api_route("/api/v1/asr/teapot", teapot, methods=["GET"])
    router.add_api_route("/api/v1/asr/packed", packed, methods=["GET"])
    router.add_api_route("/internal/capabilities", capabilities, methods=["GET"])
    return router


class Script:
    """A bare app that does what the test says, step by step."""

    def __init__(self) -> None:
        self.received: asyncio.Queue[bytes] = asyncio.Queue()
        self.chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        """What it sends; None cuts the connection."""
        self.has_client_left = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await live(receive, send)
            return
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(self._listen(receive))
            await self._talk(send)
            listening.cancel()

    async def _listen(self, receive: Receive) -> None:
        while (message := await receive())["type"] == "http.request":
            if message.get("body"):
                self.received.put_nowait(message["body"])
        self.has_client_left.set()
        self.chunks.put_nowait(None)

    async def _talk(self, send: Send) -> None:
        has_begun = False
        while (chunk := await self.chunks.get()) is not None:
            if not has_begun:
                await send({"type": "http.response.start", "status": 200, "headers": []})
                has_begun = True
            await send({"type": "http.response.body", "body": chunk, "more_body": bool(chunk)})
            if not chunk:
                return


async def live(receive: Receive, send: Send) -> None:
    """Answer the lifespan protocol."""
    for phase in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{phase}.complete"})
