from collections.abc import AsyncIterator

import pytest
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ai4v.contracts.identity import RateLimits, VerifiedCredential
from ai4v.kit.cost import Cost, format_cost
from tests.service.gateway.echo import Script, make_router
from tests.service.gateway.house import (
    ASR,
    AUTH,
    KEY,
    STREAM,
    USER,
    House,
    make_key,
    make_service,
    open_house,
    settle,
)
from tests.support.asgi import RunningApp

PAGE = "https://speech.example.org"
ELSEWHERE = "https://id.example.org/authorize?state=%2Fa&nonce=b"
COOKIES = ["state=x; HttpOnly; SameSite=Lax", "nonce=y; Path=/"]


@pytest.mark.parametrize("value", ["0", "-1", "soon", "1.5", "", "1" * 10, "\xb2"])
async def test_a_deadline_that_is_none_is_422(echo: House, value: str) -> None:
    answer = await echo.client.get(
        "/api/v1/asr/models",
        headers=[
            (b"authorization", KEY.encode()),
            (b"x-request-timeout-ms", value.encode("latin-1")),
        ],
    )
    assert (answer.status_code, answer.json()["detail"]["code"]) == (422, "VALIDATION_ERROR")
    assert answer.json()["detail"]["errors"][0]["path"] == "x-request-timeout-ms"


async def test_a_deadline_beyond_the_longest_is_the_longest(echo: House) -> None:
    told = (await echo.ask(headers={"x-request-timeout-ms": "999999999"})).json()
    assert 299_000 < int(told["headers"]["x-request-timeout-ms"]) <= 300_000


async def test_bodies_are_limited_by_route() -> None:
    async with open_house(settings={"route_body_bytes": "/api/v1/auth=10"}) as house:
        await house.add("asr", ASR, make_service("asr", make_router()))
        for size, status in ((10, 200), (11, 413)):
            content = b"x" * size
            answer = await house.ask("POST", "/api/v1/auth/login", key=None, content=content)
            assert answer.status_code == status
        passed = await house.ask("POST", "/api/v1/asr/inference", content=b"x" * 11)
        assert passed.json()["body"] == "x" * 11


async def test_an_upload_without_end_is_413_and_not_kept(house: House) -> None:
    script = Script()
    await house.add("asr", ASR, script)
    sent = 0

    async def upload() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1 << 20
            yield b"x" * (1 << 20)

    answer = await house.client.post(STREAM, content=upload(), headers={"authorization": KEY})
    assert answer.status_code == 413
    assert sent < 40 << 20


async def test_only_auth_may_set_cookies(house: House) -> None:
    told: list[str | None] = []

    def make_router_of(prefix: str) -> APIRouter:
        async def bake(request: Request) -> Response:
            told.append(request.headers.get("cookie"))
            answer = Response(status_code=302, headers={"location": ELSEWHERE})
            for cookie in COOKIES:
                answer.headers.append("set-cookie", cookie)
            return answer

        router = APIRouter()
        router.add_api_route(f"{prefix}/start", bake, methods=["GET"])
        return router

    await house.add("asr", ASR, make_service("asr", make_router_of("/api/v1/asr")))
    answer = await house.ask(path="/api/v1/asr/start", headers={"cookie": "a=1; b=2"})
    assert (answer.status_code, answer.headers["location"]) == (302, ELSEWHERE)
    assert "set-cookie" not in answer.headers
    auth = make_service("auth", make_router_of("/api/v1/auth/providers/google"))
    house.services[AUTH] = await house.stack.enter_async_context(RunningApp(auth))
    path = "/api/v1/auth/providers/google/start"
    answer = await house.ask(path=path, key=None, headers={"cookie": "a=1; b=2"})
    assert (answer.status_code, answer.headers["location"]) == (302, ELSEWHERE)
    assert answer.headers.get_list("set-cookie") == COOKIES
    assert told[-1] == "a=1; b=2"


async def test_hsts_is_for_tls_alone(echo: House) -> None:
    plain = await echo.ask()
    assert "strict-transport-security" not in plain.headers
    echo.outside.apps["https://gateway:8080"] = echo.outside.apps["http://gateway:8080"]
    for path in ("/api/v1/asr/models", "/docs", "/nothing"):
        answer = await echo.client.get(
            f"https://gateway:8080{path}", headers={"authorization": KEY}
        )
        assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_pages_may_hear_and_share_no_window(house: House) -> None:
    headers = (await house.ask(path="/docs", key=None)).headers
    assert headers["permissions-policy"].startswith("microphone=(self)")
    assert headers["cross-origin-opener-policy"] == "same-origin"


async def test_what_answers_tell_a_page(echo: House) -> None:
    async with open_house(settings={"cors_origins": PAGE}) as house:
        await house.add("asr", ASR, make_service("asr", make_router()))
        for path in ("/api/v1/asr/models", "/api/v1/status", "/nothing"):
            answer = await house.ask(path=path, headers={"origin": PAGE})
            assert answer.headers["access-control-allow-origin"] == PAGE
            assert "origin" in answer.headers["vary"].lower()
            assert "ratelimit" in answer.headers["access-control-expose-headers"]
        asked = {"origin": PAGE, "access-control-request-method": "POST"}
        for path in ("/api/v1/asr/models", "/api/v1/status"):
            answer = await house.ask("OPTIONS", path, key=None, headers=asked)
            assert "idempotency-key" in answer.headers["access-control-allow-headers"]


async def test_the_trace_goes_on(echo: House) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    told = (await echo.ask(headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})).json()
    assert told["headers"]["traceparent"].split("-")[1] == trace
    fresh = (await echo.ask(headers={"traceparent": "nonsense"})).json()
    assert len(fresh["headers"]["traceparent"]) == len(f"00-{trace}-b7ad6b7169203331-01")


async def test_an_answer_is_charged_for_what_it_cost(house: House) -> None:
    async def listen() -> Response:
        cost = format_cost(Cost(audio_s=30.0, characters=7))
        return Response("x", headers={"x-ai4v-cost": cost})

    router = APIRouter()
    router.add_api_route("/api/v1/asr/inference", listen, methods=["POST"])
    await house.add("asr", ASR, make_service("asr", router))
    limits = RateLimits(audio_s_per_day=40, characters_per_day=1_000)
    principal = USER.model_copy(update={"limits": limits})
    house.authority.known[make_key("heard")] = VerifiedCredential(principal=principal)
    answers = []
    for _ in range(3):
        answers.append(await house.ask("POST", "/api/v1/asr/inference", key=make_key("heard")))
        await settle()
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert all("x-ai4v-cost" not in answer.headers for answer in answers)
    assert answers[1].headers["ratelimit"].startswith('"audio-seconds-day";r=10;')
    assert "seconds of audio" in answers[2].json()["detail"]["message"]
    assert '"audio-seconds-day";q=40;w=86400' in answers[2].headers["ratelimit-policy"]


async def test_a_route_has_a_limit_for_all_together() -> None:
    async with open_house(settings={"route_per_minute": "/api/v1/asr=2"}) as house:
        await house.add("asr", ASR, make_service("asr", make_router()))
        statuses = [(await house.ask()).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        assert (await house.ask(key=make_key("admin"))).status_code == 429
        assert (await house.ask(path="/api/v1/auth/me")).status_code == 404


async def test_an_address_has_a_limit_for_all_its_keys() -> None:
    async with open_house(settings={"address_per_minute": 2}) as house:
        await house.add("asr", ASR, make_service("asr", make_router()))
        keys = (KEY, make_key("admin"), KEY)
        assert [(await house.ask(key=key)).status_code for key in keys] == [200, 200, 429]
        house.outside.peer = "203.0.113.10"
        assert (await house.ask()).status_code == 200


async def test_requests_are_counted_by_kind_of_key(echo: House) -> None:
    await echo.ask()
    await echo.ask(key=None)
    await settle()
    text = await echo.metrics()
    labels = 'method="GET",outcome="{}",route="/api/v1/asr"'
    for key_class, outcome in (("key", "ok"), ("anonymous", "refused")):
        line = (
            f'ai4v_gateway_requests_total{{key_class="{key_class}",{labels.format(outcome)}}} 1.0'
        )
        assert line in text
