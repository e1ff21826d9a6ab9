"""HEAD, Allow, and a deadline that is none, on an app of the kit."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx2
import pytest
from fastapi import APIRouter, FastAPI

from ai4v.kit.app import AppPlan, create_edge_app
from ai4v.kit.health import HealthMonitor
from tests.support.asgi import AppTransport, RunningApp

URL = "http://127.0.0.1:8080"


@asynccontextmanager
async def _lifespan(_app: FastAPI) -> AsyncIterator[Mapping[str, object]]:
    yield {}


def _router() -> APIRouter:
    router = APIRouter()

    @router.get("/thing/{name}")
    async def read(name: str) -> dict[str, str]:
        return {"name": name}

    @router.delete("/thing/{name}", status_code=204)
    async def delete(name: str) -> None:
        del name

    @router.post("/act")
    async def act() -> None:
        return None

    @router.api_route("/own", methods=["GET", "HEAD"], status_code=202)
    async def own() -> None:
        return None

    return router


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    plan = AppPlan("gateway", "tests", [_router()], _lifespan, max_body_bytes=1_000)
    app = create_edge_app(plan, health=HealthMonitor("gateway"))
    transport = AppTransport()
    async with RunningApp(app) as running:
        transport.apps[URL] = running
        async with httpx2.AsyncClient(transport=transport, base_url=URL) as opened:
            yield opened


async def test_head_is_get_without_its_body(client: httpx2.AsyncClient) -> None:
    got, asked = await client.get("/thing/a"), await client.head("/thing/a")
    assert asked.status_code == 200
    assert asked.content == b""
    for name in ("content-length", "content-type"):
        assert asked.headers[name] == got.headers[name]


async def test_a_route_that_takes_head_itself_is_asked(client: httpx2.AsyncClient) -> None:
    assert (await client.head("/own")).status_code == 202


async def test_head_where_there_is_no_get_is_refused(client: httpx2.AsyncClient) -> None:
    answer = await client.head("/act")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert (await client.head("/nothing")).status_code == 404


async def test_allow_names_every_method_of_the_path(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/thing/a")
    assert answer.status_code == 405
    assert answer.json()["detail"]["code"] == "METHOD_NOT_ALLOWED"
    assert answer.headers["allow"] == "DELETE, GET, HEAD"


@pytest.mark.parametrize("header", ["0", "-1", "1.5", "soon", ""])
async def test_a_deadline_that_is_none_is_refused(client: httpx2.AsyncClient, header: str) -> None:
    answer = await client.get("/thing/a", headers={"x-request-timeout-ms": header})
    assert answer.status_code == 422
    detail = answer.json()["detail"]
    assert detail["code"] == "VALIDATION_ERROR"
    assert [error["path"] for error in detail["errors"]] == ["x-request-timeout-ms"]
