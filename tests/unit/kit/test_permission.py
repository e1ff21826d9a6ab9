"""Deny by default: what a path needs, who has it, and what a path that says nothing does."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from uuid import UUID

import httpx2
import pytest
from fastapi import APIRouter, FastAPI, WebSocket
from starlette.requests import Request
from starlette.routing import Mount, Route
from starlette.types import Message, Scope

from ai4v.contracts.error import AuthorizationError
from ai4v.contracts.identity import Principal
from ai4v.contracts.permission import INTERNAL, OPEN, Permission
from ai4v.contracts.role import Role
from ai4v.kit.app import AppPlan, create_service_app
from ai4v.kit.health import HealthMonitor
from ai4v.kit.identity import TOKEN_HEADER, TokenSigner, TokenVerifier
from ai4v.kit.permission import check_admission, needs, stream_needs
from tests.support.asgi import AppTransport, RunningApp
from tests.support.key import KeyPair

PAIR = KeyPair()
SIGNER = TokenSigner(PAIR.private.get_secret_value(), service="gateway")
VERIFIER = TokenVerifier(PAIR.public.get_secret_value(), audience="asr")
PEOPLE = {
    "nobody": None,
    "reader": Principal(
        user_id=UUID(int=1), role=Role.USER, permissions=frozenset({Permission.ASR_READ})
    ),
    "bare administrator": Principal(user_id=UUID(int=2), role=Role.ADMIN),
}


async def answer() -> str:
    return "done"


async def take(request: Request) -> str:
    await request.body()
    return "done"


@stream_needs(Permission.ASR_READ)
async def listen(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close(1000)


async def eavesdrop(socket: WebSocket) -> None:
    await socket.accept()


def make_app() -> FastAPI:
    router = APIRouter(prefix="/api/v1/asr")
    for path, extra in (
        ("open", needs(OPEN)),
        ("read", {"x-other": True} | needs(Permission.ASR_READ)),
        ("undeclared", None),
        ("mistyped", {"x-permission": "asr:everything"}),
        ("late/{name}", needs(OPEN)),
    ):
        router.add_api_route(f"/{path}", answer, methods=["GET"], openapi_extra=extra)
    router.add_api_route("/take", take, methods=["POST"], openapi_extra=needs(Permission.ASR_USE))
    router.add_api_websocket_route("/listen", listen)
    router.add_api_websocket_route("/eavesdrop", eavesdrop)
    inside = APIRouter(prefix="/internal")
    inside.add_api_route(
        "/ask", answer, methods=["GET"], include_in_schema=False, openapi_extra=needs(INTERNAL)
    )

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[Mapping[str, object]]:
        yield {}

    plan = AppPlan("asr", "speech", (router, inside), lifespan, 1_000)
    app = create_service_app(plan, health=HealthMonitor("asr"), verifier=VERIFIER)
    app.router.routes += [Route("/plain", answer), Mount("/mounted", FastAPI())]
    return app


@pytest.fixture
async def service() -> AsyncIterator[RunningApp]:
    async with RunningApp(make_app()) as running:
        yield running


def connect(service: RunningApp, who: str) -> httpx2.AsyncClient:
    transport = AppTransport("127.0.0.1")
    transport.apps["http://asr"] = service
    headers = {TOKEN_HEADER: SIGNER.sign(PEOPLE[who], "asr")}
    return httpx2.AsyncClient(transport=transport, base_url="http://asr", headers=headers)


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("nobody", "/api/v1/asr/open", 200),
        ("nobody", "/api/v1/asr/late/x", 200),
        ("nobody", "/api/v1/asr/read", 401),
        ("nobody", "/internal/ask", 200),
        ("reader", "/api/v1/asr/read", 200),
        ("reader", "/internal/ask", 403),
        ("bare administrator", "/api/v1/asr/read", 403),
        ("bare administrator", "/internal/ask", 403),
        *(
            (who, path, 403)
            for who in PEOPLE
            for path in (
                "/api/v1/asr/undeclared",
                "/api/v1/asr/mistyped",
                "/plain",
                "/mounted/anything",
            )
        ),
        *((who, "/api/v1/asr/nothing", 404) for who in PEOPLE),
        *((who, "/api/v1/asr/take", 405) for who in PEOPLE),
    ],
)
async def test_a_path_is_answered_to_those_who_have_what_it_declares(
    service: RunningApp, who: str, path: str, status: int
) -> None:
    assert (await connect(service, who).get(path)).status_code == status


async def test_a_path_that_is_added_later_is_refused_too(service: RunningApp) -> None:
    client = connect(service, "reader")
    assert (await client.get("/api/v1/asr/new")).status_code == 404
    app = service.app
    assert isinstance(app, FastAPI)
    app.add_api_route("/api/v1/asr/new", answer)
    assert (await client.get("/api/v1/asr/new")).status_code == 403


async def test_who_lacks_a_permission_is_refused_before_the_body_is_read(
    service: RunningApp,
) -> None:
    sent = []

    async def upload() -> AsyncIterator[bytes]:
        sent.append(1)
        yield b"x"

    answer = await connect(service, "reader").post("/api/v1/asr/take", content=upload())
    assert (answer.status_code, answer.json()["detail"]["code"]) == (403, "AUTHORIZATION_ERROR")
    assert "asr:use" in answer.json()["detail"]["message"]
    assert sent == []


@pytest.mark.parametrize(
    ("who", "path", "kind"),
    [
        ("reader", "listen", "accept"),
        ("nobody", "listen", "close"),
        ("bare administrator", "listen", "close"),
        ("reader", "eavesdrop", "close"),
        ("reader", "nothing", "close"),
        (None, "listen", "close"),
    ],
)
async def test_streams_are_refused_by_default_too(who: str | None, path: str, kind: str) -> None:
    headers = [(TOKEN_HEADER.encode(), SIGNER.sign(PEOPLE[who], "asr").encode())] if who else []
    scope = {
        "type": "websocket",
        "path": f"/api/v1/asr/{path}",
        "headers": headers,
        "query_string": b"",
        "subprotocols": [],
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await make_app()(scope, receive, send)
    assert sent[0]["type"] == f"websocket.{kind}"


@pytest.mark.parametrize(
    ("path", "status"), [("nothing", 404), ("read", 404), ("eavesdrop", 403), ("listen", None)]
)
async def test_a_stream_that_is_not_opened_says_why(path: str, status: int | None) -> None:
    scope = {
        "type": "websocket",
        "path": f"/api/v1/asr/{path}",
        "headers": [(TOKEN_HEADER.encode(), SIGNER.sign(PEOPLE["reader"], "asr").encode())],
        "query_string": b"",
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}},
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await make_app()(scope, receive, send)
    assert sent[0].get("status") == status


async def test_what_is_a_stream_alone_says_so_to_a_plain_request(service: RunningApp) -> None:
    client = connect(service, "reader")
    answer = await client.get("/api/v1/asr/listen")
    assert (answer.status_code, answer.json()["detail"]["code"]) == (426, "UPGRADE_REQUIRED")
    assert (answer.headers["upgrade"], answer.headers["connection"]) == ("websocket", "upgrade")
    assert (await client.post("/api/v1/asr/listen")).status_code == 404


async def test_nothing_is_answered_that_was_not_decided_on() -> None:
    scope: Scope = {"type": "http", "state": {}, "route": object()}
    with pytest.raises(AuthorizationError):
        await check_admission(Request(scope))


def test_the_declaration_is_in_the_document() -> None:
    paths = make_app().openapi()["paths"]
    operation = paths["/api/v1/asr/read"]["get"]
    assert (operation["x-permission"], operation["x-other"]) == ("asr:read", True)
    assert paths["/api/v1/asr/health/live"]["get"]["x-permission"] == "open"
