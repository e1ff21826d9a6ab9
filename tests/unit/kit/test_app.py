"""What every service gets from the kit: health, metrics, ids, deadline, errors, identity."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, MutableMapping
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.requests import Request
from structlog.testing import capture_logs

from ai4v.contracts.error import FieldError, PlatformError, ServiceUnavailableError, ValidationError
from ai4v.contracts.permission import OPEN
from ai4v.kit.app import AppPlan, create_edge_app, create_service_app
from ai4v.kit.deadline import Deadline
from ai4v.kit.health import HealthMonitor
from ai4v.kit.identity import TOKEN_HEADER, TokenSigner, TokenVerifier
from ai4v.kit.permission import needs
from ai4v.kit.request import get_deadline, get_request_id
from tests.support.asgi import AppTransport, RunningApp
from tests.support.key import KeyPair

PAIR = KeyPair()
SIGNER = TokenSigner(PAIR.private.get_secret_value(), service="gateway")
LIMIT = 1_000


class Order(BaseModel):
    count: int


async def take(order: Order, request_id: Annotated[str, Depends(get_request_id)]) -> str:
    return f"{order.count} {request_id}"


async def read(request: Request) -> int:
    return len(await request.body())


async def left(deadline: Annotated[Deadline, Depends(get_deadline)]) -> float:
    return deadline.remaining_s()


async def refuse() -> None:
    raise ValidationError("no", errors=[FieldError(path="a.0", message="wrong")])


async def be_unavailable() -> None:
    raise ServiceUnavailableError("come back", retry_after_s=7)


async def fail() -> None:
    raise RuntimeError("a secret detail")


def make_plan() -> AppPlan:
    router = APIRouter(prefix="/api/v1/asr")
    for handler in (take, read, left, refuse, be_unavailable, fail):
        way = ["POST" if handler in {take, read} else "GET"]
        path = f"/{handler.__name__}"
        router.add_api_route(path, handler, methods=way, openapi_extra=needs(OPEN))

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[Mapping[str, object]]:
        yield {}

    return AppPlan("asr", "speech", (router,), lifespan, LIMIT)


@pytest.fixture
def health() -> HealthMonitor:
    return HealthMonitor("asr")


@pytest.fixture
async def service(health: HealthMonitor) -> AsyncIterator[RunningApp]:
    verifier = TokenVerifier(PAIR.public.get_secret_value(), audience="asr")
    async with RunningApp(create_service_app(make_plan(), health=health, verifier=verifier)) as app:
        yield app


@pytest.fixture
def client(service: RunningApp) -> httpx2.AsyncClient:
    """Holds a good token."""
    return connect(service, headers={TOKEN_HEADER: SIGNER.sign(None, "asr")})


def connect(
    running: RunningApp, *, peer: str = "127.0.0.1", headers: Mapping[str, str] | None = None
) -> httpx2.AsyncClient:
    transport = AppTransport(peer)
    transport.apps["http://asr"] = running
    return httpx2.AsyncClient(
        transport=transport, base_url="http://asr/api/v1/asr", headers=headers
    )


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged."""
    with capture_logs() as entries:
        yield entries


def code(answer: httpx2.Response) -> tuple[int, str]:
    detail = answer.json()["detail"]
    assert set(detail) <= {"code", "message", "requestId", "timestamp", "errors"}
    assert detail["requestId"] == answer.headers["x-request-id"]
    assert detail["timestamp"].endswith("Z")
    return answer.status_code, detail["code"]


async def test_a_request_id_is_kept_or_made(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/take", json={"count": 1}, headers={"x-request-id": "a.B-1_"})
    assert answer.json() == "1 a.B-1_"
    assert answer.headers["x-request-id"] == "a.B-1_"
    for bad in ("", "x" * 65, "a b", "a/b"):
        answer = await client.post("/take", json={"count": 1}, headers={"x-request-id": bad})
        assert answer.headers["x-request-id"] not in {bad, ""}


async def test_the_deadline_is_there(client: httpx2.AsyncClient) -> None:
    assert 100 < (await client.get("/left")).json() <= 120
    answer = await client.get("/left", headers={"x-request-timeout-ms": "2000"})
    assert 0 < answer.json() <= 2


async def test_broken_json_is_400(client: httpx2.AsyncClient) -> None:
    headers = {"content-type": "application/json"}
    answer = await client.post("/take", content=b'{"count": ', headers=headers)
    assert code(answer) == (400, "INVALID_JSON")


async def test_wrong_fields_are_422_without_their_values(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/take", json={"count": "secret words"})
    assert code(answer) == (422, "VALIDATION_ERROR")
    (problem,) = answer.json()["detail"]["errors"]
    assert problem["path"] == "count"
    assert "secret words" not in answer.text


async def test_own_errors_carry_what_they_say(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/refuse")
    assert code(answer) == (422, "VALIDATION_ERROR")
    assert answer.json()["detail"]["errors"] == [{"path": "a.0", "message": "wrong"}]
    answer = await client.get("/be_unavailable")
    assert (*code(answer), answer.headers["retry-after"]) == (503, "SERVICE_UNAVAILABLE", "7")


async def test_unknown_paths_and_methods(client: httpx2.AsyncClient) -> None:
    assert code(await client.get("/nothing")) == (404, "NOT_FOUND")
    assert code(await client.get("/left/")) == (404, "NOT_FOUND")
    assert code(await client.get("/take")) == (405, "METHOD_NOT_ALLOWED")


async def test_a_surprise_is_500_and_tells_nothing(
    service: RunningApp, client: httpx2.AsyncClient
) -> None:
    answer = await client.get("/fail")
    assert code(answer) == (500, "INTERNAL_ERROR")
    assert answer.headers["connection"] == "close"
    assert "secret" not in answer.text
    await service.stop()
    assert [str(error) for error in service.surprises] == ["a secret detail"]
    service.surprises.clear()


async def test_a_body_up_to_the_limit_is_taken(client: httpx2.AsyncClient) -> None:
    assert (await client.post("/read", content=b"x" * LIMIT)).json() == LIMIT


async def test_a_body_that_announces_too_much_is_413(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/read", content=b"x" * (LIMIT + 1))
    assert code(answer) == (413, "PAYLOAD_TOO_LARGE")
    assert str(LIMIT) in answer.json()["detail"]["message"]


async def test_a_body_that_becomes_too_large_is_413(client: httpx2.AsyncClient) -> None:
    async def upload() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * (LIMIT // 2)

    assert code(await client.post("/read", content=upload())) == (413, "PAYLOAD_TOO_LARGE")


async def test_a_client_that_leaves_within_its_upload_is_no_surprise(
    service: RunningApp, client: httpx2.AsyncClient
) -> None:
    has_begun = asyncio.Event()

    async def upload() -> AsyncIterator[bytes]:
        has_begun.set()
        yield b"x"
        await asyncio.Event().wait()

    asking = asyncio.create_task(client.post("/read", content=upload()))
    await has_begun.wait()
    asking.cancel()
    await asyncio.wait([asking])
    await service.stop()
    assert service.surprises == []


@pytest.mark.parametrize("token", ["", "forged", SIGNER.sign(None, "asr")[:-4] + "AAAA"])
async def test_without_the_gateways_token_nobody_gets_in(service: RunningApp, token: str) -> None:
    stranger = connect(service, headers={TOKEN_HEADER: token, "x-user-id": "1"})
    for path in ("/left", "/nothing", "/healthy", "/health/x", "/../../../docs"):
        assert code(await stranger.get(path)) == (401, "AUTHENTICATION_ERROR")


async def test_open_paths_need_no_token(service: RunningApp) -> None:
    stranger = connect(service)
    for path in ("/health", "/health/live", "/health/ready"):
        assert (await stranger.get(path)).is_success
    for path in ("/metrics", "/openapi.json"):
        assert (await stranger.get(f"http://asr{path}")).is_success


async def test_health_tells_what_is_down(service: RunningApp, health: HealthMonitor) -> None:
    async def be_down() -> None:
        raise PlatformError("down")

    health.watch("cache", be_down, is_critical=False)
    answer = await connect(service).get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["components"] == {"cache": "unhealthy"}
    assert (await connect(service).get("/health/ready")).status_code == 204


async def test_a_critical_part_makes_it_unready_and_still_alive(
    service: RunningApp, health: HealthMonitor
) -> None:
    health.watch("postgres", be_unavailable)
    stranger = connect(service)
    assert (await stranger.get("/health")).status_code == 503
    assert (await stranger.get("/health/ready")).status_code == 503
    assert (await stranger.get("/health/live")).status_code == 204


async def test_draining_is_unready(service: RunningApp, health: HealthMonitor) -> None:
    health.begin_drain()
    await asyncio.wait_for(health.wait_for_drain(), 1)
    assert (await connect(service).get("/health/ready")).status_code == 503
    assert (await connect(service).get("/health")).status_code == 200


async def test_metrics_count_by_route_and_not_by_path(
    service: RunningApp, client: httpx2.AsyncClient
) -> None:
    for number in range(3):
        await client.get(f"/nothing/{number}")
        await client.request(f"ODD{number}", "/left")
    await client.get("/left")
    await asyncio.gather(*service.exchanges)
    text = (await connect(service).get("http://asr/metrics")).text
    assert (
        'ai4v_http_requests_total{method="GET",route="/api/v1/asr/left",status="200"} 1.0' in text
    )
    assert '{method="GET",route="unknown",status="404"} 3.0' in text
    assert 'method="other",route="/api/v1/asr/left",status="405"} 3.0' in text
    assert "nothing" not in text
    assert 'ai4v_service_info{service="asr"} 1.0' in text


async def test_an_edge_shows_its_metrics_to_this_machine_alone() -> None:
    app = create_edge_app(make_plan(), health=HealthMonitor("asr"))
    async with RunningApp(app) as running:
        for peer, status in (("127.0.0.1", 200), ("::1", 200), ("10.0.0.1", 404)):
            answer = await connect(running, peer=peer).get("http://asr/metrics")
            assert answer.status_code == status
        for name in ("x-forwarded-for", "forwarded"):
            answer = await connect(running).get("http://asr/metrics", headers={name: "x"})
            assert code(answer) == (404, "NOT_FOUND")
        assert (await connect(running).get("http://asr/openapi.json")).status_code == 404
        assert (await connect(running).get("/left")).status_code == 200


async def test_one_line_is_logged_for_a_request(
    service: RunningApp,
    client: httpx2.AsyncClient,
    health: HealthMonitor,
    logged: list[MutableMapping[str, Any]],
) -> None:
    await client.post("/take?name=secret", json={"count": 1})
    health.watch("engine", be_unavailable)
    assert (await client.get("/health")).status_code == 503
    await client.get("/health/live")
    await service.stop()
    (line,) = logged
    assert line.pop("duration_ms") >= 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "POST",
        "path": "/api/v1/asr/take",
        "status": 200,
    }
