"""A service of the platform that echoes, in a process of its own: `python -m ... NAME PORT`.

It stands where a real service of that name would: listed in the registry, behind the internal
token, drained when told to stop. How it behaves is said to /internal/behaviour while it runs; what
it was asked is told by /internal/account.
"""

import asyncio
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import ClassVar, Final

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from ai4v.adapters.valkey.store import open_valkey_store
from ai4v.contracts.permission import INTERNAL, Permission
from ai4v.kit.app import AppPlan, create_service_app
from ai4v.kit.deadline import HEADER as DEADLINE_HEADER
from ai4v.kit.disconnect import run_while_connected
from ai4v.kit.health import HealthMonitor
from ai4v.kit.identity import TokenVerifier
from ai4v.kit.listing import listed
from ai4v.kit.permission import needs, stream_needs
from ai4v.kit.sealedstore import SealedStore
from ai4v.kit.serve import serve
from ai4v.kit.settings import ServiceSettings

_STALL_S: Final = 2.0
_GOLDEN: Final = 0.6180339887
"""Multiples of it fill the unit interval evenly, however few they are."""


class Behaviour(BaseModel):
    """How requests are answered from now on."""

    delay_s: float = 0.0
    spread: float = 0.0
    """By what share of it the delay varies, up and down, as that of an engine does."""
    failing: float = 0.0
    """Of all requests, the share that is answered with `status`."""
    status: int = 503
    retry_after_s: int | None = None
    is_busy_at_first: bool = False
    """Answers so only who asks for the first time."""
    places: int = 1_000_000
    """Requests worked on at once; the others wait for their turn."""
    is_lame: bool = False
    """Answers one request in fifty of each caller with a stall of 2 s in place of `delay_s`."""


@dataclass
class Account:
    """What was asked."""

    requests: int = 0
    cancelled: int = 0
    at_once: int = 0
    most_at_once: int = 0
    worked: int = 0
    worked_s: float = 0.0
    """How long that kept a place each, added up."""
    by_id: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """When each came, in the seconds of `time.monotonic()`, which all processes share."""
    by_caller: Counter[str] = field(default_factory=Counter)
    deadlines_ms: list[int] = field(default_factory=list)


class AsrReplica(ServiceSettings):
    """In the place of asr."""

    service: ClassVar[str] = "asr"


class NmtReplica(ServiceSettings):
    """In the place of nmt."""

    service: ClassVar[str] = "nmt"


_GRACE_S: Final = 1.0
"""How long a stream goes on after it was told that this process goes away."""
_KINDS: Final[Mapping[str, type[ServiceSettings]]] = {"asr": AsrReplica, "nmt": NmtReplica}


class Echo:
    """The service."""

    def __init__(self, service: str) -> None:
        self._service = service
        self.account = Account()
        self._behaviour = Behaviour()
        self._places = asyncio.Semaphore(self._behaviour.places)

    def behave(self, behaviour: Behaviour) -> None:
        """Answer so from now on."""
        self._behaviour = behaviour
        self._places = asyncio.Semaphore(behaviour.places)

    async def answer(self, request: Request) -> Response:
        """Say back what was said, and how it came."""
        body = await request.body()
        said = json.loads(body) if body else {}
        account, behaviour = self.account, self._behaviour
        account.requests += 1
        times = account.by_id[str(said.get("id", ""))]
        times.append(time.monotonic())
        account.deadlines_ms.append(int(request.headers[DEADLINE_HEADER]))
        account.at_once += 1
        account.most_at_once = max(account.most_at_once, account.at_once)
        number = account.requests
        caller = request.state.caller.principal.subject
        account.by_caller[caller] += 1
        is_stalled = behaviour.is_lame and account.by_caller[caller] % 50 == 0
        try:
            async with self._places:
                began = time.monotonic()
                await asyncio.sleep(_STALL_S if is_stalled else _choose_delay(behaviour, number))
                account.worked += 1
                account.worked_s += time.monotonic() - began
        except asyncio.CancelledError:
            account.cancelled += 1
            raise
        finally:
            account.at_once -= 1
        if _is_failing(behaviour, number, len(times)):
            after_s = behaviour.retry_after_s
            headers = {} if after_s is None else {"retry-after": str(after_s)}
            return JSONResponse({"failed": True}, behaviour.status, headers)
        return JSONResponse({"id": said.get("id"), "request_id": request.state.request_id})


def _is_failing(behaviour: Behaviour, number: int, turn: int) -> bool:
    if behaviour.is_busy_at_first and turn > 1:
        return False
    return number % 100 < behaviour.failing * 100


def _choose_delay(behaviour: Behaviour, number: int) -> float:
    drawn = number * _GOLDEN % 1.0
    return behaviour.delay_s * (1 + behaviour.spread * (2 * drawn - 1))


def _make_router(service: str, health: HealthMonitor) -> APIRouter:
    echo = Echo(service)
    router = APIRouter()
    use = Permission(f"{service}:use")

    @router.post(f"/api/v1/{service}/inference", openapi_extra=needs(use))
    async def infer(request: Request) -> Response:
        return await _while_wanted(request, echo)

    @router.post("/internal/behaviour", openapi_extra=needs(INTERNAL))
    async def behave(behaviour: Behaviour) -> None:
        echo.behave(behaviour)

    @router.get("/internal/account", openapi_extra=needs(INTERNAL))
    async def account() -> dict[str, object]:
        found = echo.account
        return {
            "requests": found.requests,
            "cancelled": found.cancelled,
            "most_at_once": found.most_at_once,
            "worked": found.worked,
            "worked_s": found.worked_s,
            "by_id": found.by_id,
            "deadlines_ms": found.deadlines_ms,
        }

    @router.websocket(f"/api/v1/{service}/stream")
    @stream_needs(use)
    async def stream(socket: WebSocket) -> None:
        await _echo_stream(socket, health)

    return router


def create_app(settings: ServiceSettings) -> FastAPI:
    """Make the app."""
    health = HealthMonitor(settings.service)
    router = _make_router(settings.service, health)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[Mapping[str, object]]:
        async with (
            open_valkey_store(settings.cache_url.get_secret_value()) as store,
            listed(
                SealedStore(store, settings).registry, settings.service, settings.base_url, health
            ),
        ):
            yield {}

    plan = AppPlan(settings.service, "Echoes", (router,), lifespan, settings.max_body_bytes)
    verifier = TokenVerifier(
        settings.internal_public_key.get_secret_value(), audience=settings.service
    )
    return create_service_app(plan, health=health, verifier=verifier)


async def _while_wanted(request: Request, echo: Echo) -> Response:
    await request.body()
    return await run_while_connected(request, echo.answer(request))


async def _echo_stream(socket: WebSocket, health: HealthMonitor) -> None:
    """Commit every message as a segment of the same number; tell of a drain, and close later."""
    await socket.accept()
    with health.drain.stream():
        echoing = asyncio.create_task(_echo_messages(socket))
        drain = asyncio.create_task(health.wait_for_drain())
        await asyncio.wait({echoing, drain}, return_when=asyncio.FIRST_COMPLETED)
        drain.cancel()
        if echoing.done():
            return
        with suppress(WebSocketDisconnect, RuntimeError):
            going_away = {"type": "going_away", "deadlineMs": round(_GRACE_S * 1_000)}
            await socket.send_text(json.dumps(going_away))
            await asyncio.wait({echoing}, timeout=_GRACE_S)
            if not echoing.done():
                echoing.cancel()
                await socket.close(1012)


async def _echo_messages(socket: WebSocket) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        while (message := await socket.receive())["type"] != "websocket.disconnect":
            if (text := message.get("text")) is not None:
                await socket.send_text(text)
            else:
                await socket.send_bytes(message["bytes"])


def main(service: str, port: int) -> None:
    """Serve until told to stop; the secrets are where the platform keeps them."""
    settings = _KINDS[service].model_validate({"port": port})
    serve(create_app(settings), settings)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
