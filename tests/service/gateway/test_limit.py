import asyncio
from collections.abc import Sequence

import httpx2
from fastapi import APIRouter

from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.kit.fallback import FallbackPolicy, FallbackRateLimiter
from ai4v.ports.ratelimit import Charge, Decision, RateLimiterUnavailableError
from tests.service.gateway.echo import make_router
from tests.service.gateway.house import (
    ASR,
    House,
    limited,
    make_key,
    make_service,
    open_house,
)

ALL_100 = '"minute";q=100;w=60, "hour";q=1000;w=3600, "day";q=10000;w=86400'


async def test_sixty_at_once_pass_and_the_next_does_not(echo: House) -> None:
    answers = await asyncio.gather(*(echo.ask() for _ in range(60)))
    assert {answer.status_code for answer in answers} == {200}
    refused = await echo.ask()
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    detail = refused.json()["detail"]
    assert detail["code"] == "RATE_LIMIT_EXCEEDED"
    assert detail["message"] == "over the limit minute: 60 requests in 60 s"
    echo.clock.advance(1)
    assert (await echo.ask()).status_code == 200


async def test_answers_tell_the_limits(echo: House) -> None:
    answer = await echo.ask()
    policy = '"minute";q=60;w=60, "hour";q=1000;w=3600, "day";q=10000;w=86400'
    assert answer.headers["ratelimit-policy"] == policy
    assert answer.headers["ratelimit"] == '"minute";r=59;t=1'


async def test_a_refusal_tells_the_limits_too(echo: House) -> None:
    echo.authority.known[make_key("small")] = limited(1)
    await echo.ask(key=make_key("small"))
    refused = await echo.ask(key=make_key("small"))
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert refused.headers["ratelimit"] == '"minute";r=0;t=60'
    assert "q=1;w=60" in refused.headers["ratelimit-policy"]


async def test_what_is_refused_for_overload_is_given_back(house: House) -> None:
    may_answer, inside = asyncio.Event(), 64
    all_inside = asyncio.Semaphore(0)

    async def work() -> str:
        all_inside.release()
        await may_answer.wait()
        return "done"

    router = APIRouter()
    router.add_api_route("/api/v1/asr/inference", work, methods=["POST"])
    await house.add("asr", ASR, make_service("asr", router))
    house.authority.known[make_key("busy")] = limited(100)

    async def ask() -> httpx2.Response:
        return await house.ask("POST", "/api/v1/asr/inference", key=make_key("busy"))

    under_way = [asyncio.create_task(ask()) for _ in range(inside)]
    for _ in range(inside):
        await all_inside.acquire()
    for _ in range(2):
        shed = await ask()
        assert (shed.status_code, shed.headers["retry-after"]) == (503, "1")
        assert shed.headers["ratelimit"] == '"minute";r=36;t=39'
        assert shed.headers.get_list("ratelimit-policy") == [ALL_100]
    may_answer.set()
    assert {answer.status_code for answer in await asyncio.gather(*under_way)} == {200}
    assert (await ask()).headers["ratelimit"] == '"minute";r=35;t=39'


async def test_a_key_that_is_at_its_limit_harms_no_other(echo: House) -> None:
    echo.authority.known[make_key("small")] = limited(1)
    assert [(await echo.ask(key=make_key("small"))).status_code for _ in range(2)] == [200, 429]
    assert (await echo.ask()).status_code == 200


async def test_sign_ins_are_limited_by_address() -> None:
    async with open_house(settings={"sign_ins_per_minute": 2}) as house:
        statuses = [
            (await house.ask("POST", "/api/v1/auth/login", key=None)).status_code for _ in range(3)
        ]
        assert statuses == [200, 200, 429]
        house.outside.peer = "203.0.113.10"
        answer = await house.ask("POST", "/api/v1/auth/login", key=None)
        assert answer.status_code == 200


async def test_open_paths_are_limited_by_address_and_apart_from_sign_ins() -> None:
    async with open_house(settings={"open_per_minute": 1, "sign_ins_per_minute": 1}) as house:
        await house.add("asr", ASR, make_service("asr", make_router()))
        path = "/api/v1/asr/health"
        assert [(await house.ask(path=path)).status_code for _ in range(2)] == [200, 429]
        assert (await house.ask("POST", "/api/v1/auth/login", key=None)).status_code == 200
        assert (await house.ask()).status_code == 200


async def test_an_address_is_not_believed_from_just_anybody() -> None:
    async with open_house(settings={"sign_ins_per_minute": 1}) as house:
        statuses = [
            (
                await house.ask(
                    "POST",
                    "/api/v1/auth/login",
                    key=None,
                    headers={"x-forwarded-for": f"198.51.100.{number}"},
                )
            ).status_code
            for number in range(2)
        ]
        assert statuses == [200, 429]


async def test_a_trusted_proxy_is_believed() -> None:
    settings = {"sign_ins_per_minute": 1, "trusted_proxies": "203.0.113.0/24"}
    async with open_house(settings=settings) as house:
        for number in range(2):
            headers = {"x-forwarded-for": f"10.0.0.1, 198.51.100.{number}"}
            answer = await house.ask("POST", "/api/v1/auth/login", key=None, headers=headers)
            assert answer.status_code == 200


class LostLimiter(MemoryRateLimiter):
    """Shared by all gateways, and down as long as it is said to be."""

    def __init__(self) -> None:
        super().__init__()
        self.is_down = False

    async def acquire(self, charges: Sequence[Charge]) -> Decision:
        if self.is_down:
            raise RateLimiterUnavailableError("down")
        return await super().acquire(charges)


async def test_limits_of_this_process_alone_say_so() -> None:
    shared = LostLimiter()
    policy = FallbackPolicy(lambda: 2)
    limiter = FallbackRateLimiter(shared, MemoryRateLimiter(), policy=policy)
    async with open_house(limiter=limiter) as house:
        await house.add("asr", ASR, make_service("asr", make_router()))
        assert "x-ratelimit-degraded" not in (await house.ask()).headers
        shared.is_down = True
        answers = [await house.ask() for _ in range(40)]
        assert {answer.headers["x-ratelimit-degraded"] for answer in answers} == {"1"}
        assert [answer.status_code for answer in answers].count(200) in {29, 30}
        assert answers[-1].status_code == 429
        assert "ai4v_gateway_local_decisions_total 40.0" in await house.metrics()
        shared.is_down = False
        assert "x-ratelimit-degraded" not in (await house.ask()).headers
