import json
import logging

import pytest

from ai4v.contracts.error import AuthorizationError
from ai4v.contracts.identity import Principal, Scope, VerifiedCredential
from tests.service.gateway.echo import make_router
from tests.service.gateway.house import (
    ASR,
    AUTH,
    PEER,
    USER,
    House,
    make_key,
    make_service,
    open_house,
    settle,
)
from tests.support.asgi import RunningApp
from tests.support.poll import until


async def noted(house: House, number: int) -> None:
    async def are_there() -> bool:
        return len(house.authority.refusals) >= number

    await until(are_there, timeout_s=10)


def narrow(**changes: object) -> VerifiedCredential:
    principal = Principal.model_validate({**USER.model_dump(), **changes})
    return VerifiedCredential(principal=principal)


async def test_refused_accesses_are_noted(echo: House) -> None:
    echo.authority.known[make_key("tts")] = narrow(scope=Scope(services=("tts",)).model_dump())
    unknown = await echo.ask(key=None, path="/api/v1/asr/models/secret-id")
    await echo.ask(key=make_key("tts"))
    await echo.ask()
    await noted(echo, 2)
    told = [
        (item.actor, item.method, item.route, item.status, item.code, item.address)
        for item in echo.authority.refusals
    ]
    route = ("GET", "/api/v1/asr")
    assert told == [
        ("anonymous", *route, 401, "AUTHENTICATION_ERROR", PEER),
        ("anonymous", *route, 403, "AUTHORIZATION_ERROR", PEER),
    ]
    assert echo.authority.refusals[0].request_id == unknown.headers["x-request-id"]
    assert "secret-id" not in str(echo.authority.refusals)


async def test_a_refusal_by_a_service_is_noted(house: House) -> None:
    await house.add("asr", ASR, make_service("asr", make_router(), service="other"))
    assert (await house.ask()).status_code == 401
    await noted(house, 1)
    assert house.authority.refusals[0].actor == USER.subject


async def test_what_auth_refuses_is_noted_by_auth_alone(house: House) -> None:
    async def refuse() -> None:
        raise AuthorizationError("not yours")

    router = house.authority.router()
    router.add_api_route("/api/v1/auth/me", refuse, methods=["GET"])
    house.services[AUTH] = await house.stack.enter_async_context(
        RunningApp(make_service("auth", router))
    )
    assert (await house.ask(path="/api/v1/auth/me")).status_code == 403
    assert (await house.ask(path="/api/v1/auth/me", key=None)).status_code == 401
    await noted(house, 1)
    assert [item.status for item in house.authority.refusals] == [401]


async def test_what_cannot_be_noted_waits(echo: House) -> None:
    echo.authority.is_failing = True
    await echo.ask(key=None)
    await settle()
    await echo.entrance.witness.refusals.flush()
    assert echo.authority.refusals == []
    echo.authority.is_failing = False
    echo.clock.advance(60)
    await echo.entrance.witness.refusals.flush()
    assert len(echo.authority.refusals) == 1


@pytest.mark.parametrize(
    ("networks", "status"),
    [
        ((), 200),
        (("203.0.113.0/24",), 200),
        (("198.51.100.0/24", "203.0.113.9/32"), 200),
        (("198.51.100.0/24",), 403),
        (("2001:db8::/32",), 403),
    ],
)
async def test_a_key_is_for_its_networks(
    echo: House, networks: tuple[str, ...], status: int
) -> None:
    echo.authority.known[make_key("net")] = narrow(networks=networks)
    assert (await echo.ask(key=make_key("net"))).status_code == status


async def test_a_key_is_for_its_services(echo: House) -> None:
    echo.authority.known[make_key("asr")] = narrow(scope={"services": ["asr"]})
    assert (await echo.ask(key=make_key("asr"))).status_code == 200
    answer = await echo.ask(path="/api/v1/auth/me", key=make_key("asr"))
    assert (answer.status_code, answer.json()["detail"]["code"]) == (403, "AUTHORIZATION_ERROR")


async def test_logs_and_metrics_hold_no_secret(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    async with open_house() as house:
        await house.add("asr", ASR, make_service("asr", make_router()))
        await _send_canaries(house, capsys)


async def _send_canaries(echo: House, capsys: pytest.CaptureFixture[str]) -> None:
    key, other = make_key("canary"), make_key("canary2")
    echo.authority.known[key] = VerifiedCredential(principal=USER)
    paths = (
        "/api/v1/asr/models",
        f"/api/v1/asr/models?api_key={key}",
        "/api/v1/asr/models?q=canary-query",
        f"/api/v1/asr/{key}",
        "/nothing",
    )
    for path in paths:
        for sent in (key, other, "Basic canary-basic"):
            headers = {"authorization": sent, "cookie": "canary-cookie", "x-request-id": "r-1"}
            await echo.ask("POST", path, key=None, headers=headers, content=b"canary-body")
    text = await echo.metrics()
    echo.entrance.witness.log.finish()
    lines: list[str] = []

    async def are_written() -> bool:  # some may be with the thread that writes
        written = capsys.readouterr().out
        lines.extend(line for line in written.splitlines() if '"event": "request"' in line)
        return len(lines) >= len(paths) * 3

    await until(are_written)
    first = json.loads(lines[0])
    assert first["path"] == "/api/v1/asr/models"
    assert first.keys() >= {"method", "status", "duration_ms", "trace_id", "timestamp"}
    assert (first["request_id"], first["service"], first["level"]) == ("r-1", "gateway", "info")
    seen = "".join(lines) + text + str(echo.authority.refusals)
    for secret in (key, other, "canary-query", "canary-basic", "canary-cookie", "canary-body"):
        assert secret not in seen
