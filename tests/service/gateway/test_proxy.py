import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.service.gateway.echo import Script, make_router
from tests.service.gateway.house import ADMIN, ADMIN_KEY, ASR, KEY, USER, House, make_service

STREAM = "/api/v1/asr/stream"
AUTHORIZED = {"authorization": f"Bearer {KEY}"}


@pytest.fixture
async def script(house: House) -> Script:
    script = Script()
    await house.add("asr", ASR, script)
    return script


async def test_method_path_query_and_body_arrive(echo: House) -> None:
    answer = await echo.ask(
        "POST", "/api/v1/asr/inference?a=1&b=%20x&a=%E0%A4%B9", content="आवाज़".encode()
    )
    told = answer.json()
    assert (told["method"], told["path"]) == ("POST", "/api/v1/asr/inference")
    assert told["query"] == "a=1&b=%20x&a=%E0%A4%B9"
    assert told["body"] == "आवाज़"
    assert told["headers"]["content-length"] == str(len("आवाज़".encode()))


async def test_the_service_is_told_who_asks(echo: House) -> None:
    assert (await echo.ask()).json()["caller"] == "gateway"
    assert (await echo.ask()).json()["subject"] == USER.subject
    assert (await echo.ask(key=ADMIN_KEY)).json()["subject"] == ADMIN.subject


async def test_nothing_a_client_says_of_itself_arrives(echo: House) -> None:
    forged = {
        "X-User-ID": "1",
        "x_user_role": "admin",
        "X-Auth-Subject": "admin",
        "X-Consumer-Name": "admin",
        "X-AI4V-Internal-Token": "forged",
        "X-AI4V-Principal": "forged",
        "X-API-Key": "other",
        "Forwarded": "for=1.2.3.4",
        "X-Forwarded-For": "1.2.3.4",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Prefix": "/evil",
        "X-Real-IP": "1.2.3.4",
        "Connection": "X-Hop",
        "X-Hop": "1",
        "TE": "trailers",
        "Upgrade": "h2c",
        "X-Kept": "yes",
    }
    headers = (await echo.ask(headers=forged)).json()["headers"]
    assert headers["x-kept"] == "yes"
    assert headers["x-forwarded-for"] == "203.0.113.9"
    assert headers["x-forwarded-host"] == "gateway:8080"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-ai4v-internal-token"] != "forged"
    dropped = {"authorization", "forwarded", "x-real-ip", "x-hop", "te", "upgrade", "x-api-key"}
    dropped |= {"x-user-id", "x_user_role", "x-auth-subject", "x-consumer-name"}
    dropped |= {"x-ai4v-principal", "x-forwarded-prefix"}
    assert dropped.isdisjoint(headers)


async def test_the_request_id_is_shared(echo: House) -> None:
    answer = await echo.ask(headers={"x-request-id": "mine-1"})
    assert answer.headers.get_list("x-request-id") == ["mine-1"]
    assert answer.json()["headers"]["x-request-id"] == "mine-1"


async def test_the_deadline_is_passed_on(echo: House) -> None:
    told = (await echo.ask(headers={"x-request-timeout-ms": "5000"})).json()
    assert 0 < int(told["headers"]["x-request-timeout-ms"]) <= 5000


async def test_status_and_headers_come_back_but_those_of_the_hop(echo: House) -> None:
    answer = await echo.ask(path="/api/v1/asr/teapot")
    assert (answer.status_code, answer.text) == (418, "short and stout")
    assert answer.headers["x-kept"] == "yes"
    assert {"keep-alive", "x-ai4v-inner"}.isdisjoint(answer.headers)


async def test_an_encoded_body_is_not_touched(echo: House) -> None:
    async with echo.client.stream("GET", "/api/v1/asr/packed", headers=AUTHORIZED) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert [chunk async for chunk in answer.aiter_raw()] == [b"\x1f\x8bnot really"]


async def test_head_has_no_body(echo: House) -> None:
    answer = await echo.ask("HEAD")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_wrong_method_is_the_services_405(echo: House) -> None:
    answer = await echo.ask("PUT")
    assert (answer.status_code, answer.json()["detail"]["code"]) == (405, "METHOD_NOT_ALLOWED")


async def test_upload_is_streamed(house: House, script: Script) -> None:
    second = asyncio.Event()

    async def upload() -> AsyncIterator[bytes]:
        yield b"first"
        await second.wait()
        yield b"second"

    asking = asyncio.create_task(house.client.post(STREAM, content=upload(), headers=AUTHORIZED))
    assert await script.received.get() == b"first"
    second.set()
    assert await script.received.get() == b"second"
    script.chunks.put_nowait(b"done")
    script.chunks.put_nowait(b"")
    assert (await asking).text == "done"


async def test_download_is_streamed(house: House, script: Script) -> None:
    script.chunks.put_nowait(b"first")
    async with house.client.stream("GET", STREAM, headers=AUTHORIZED) as answer:
        chunks = answer.aiter_raw()
        assert await anext(chunks) == b"first"
        script.chunks.put_nowait(b"second")
        assert await anext(chunks) == b"second"
        script.chunks.put_nowait(b"")
        assert [chunk async for chunk in chunks] == []


async def test_a_client_that_leaves_before_the_answer_ends_the_work(
    house: House, script: Script
) -> None:
    asking = asyncio.create_task(house.client.post(STREAM, content=b"x", headers=AUTHORIZED))
    await script.received.get()
    asking.cancel()
    await asyncio.wait_for(script.has_client_left.wait(), 5)


async def test_a_client_that_leaves_within_the_answer_ends_the_work(
    house: House, script: Script
) -> None:
    script.chunks.put_nowait(b"first")
    async with house.client.stream("GET", STREAM, headers=AUTHORIZED) as answer:
        await anext(answer.aiter_raw())
    await asyncio.wait_for(script.has_client_left.wait(), 5)


async def test_a_client_that_leaves_within_its_upload_ends_the_work(
    house: House, script: Script
) -> None:
    async def upload() -> AsyncIterator[bytes]:
        yield b"first"
        await asyncio.Event().wait()

    asking = asyncio.create_task(house.client.post(STREAM, content=upload(), headers=AUTHORIZED))
    await script.received.get()
    asking.cancel()
    await asyncio.wait_for(script.has_client_left.wait(), 5)


async def test_the_deadline_is_504_and_ends_the_work(house: House, script: Script) -> None:
    await house.ask(path="/api/v1/auth/me")
    answer = await house.ask(path=STREAM, headers={"x-request-timeout-ms": "200"})
    assert (answer.status_code, answer.json()["detail"]["code"]) == (504, "DEADLINE_EXCEEDED")
    await asyncio.wait_for(script.has_client_left.wait(), 5)


async def test_the_deadline_within_an_answer_cuts_it(house: House, script: Script) -> None:
    await house.ask(path="/api/v1/auth/me")
    script.chunks.put_nowait(b"first")
    headers = {**AUTHORIZED, "x-request-timeout-ms": "500"}
    with pytest.raises(httpx2.RemoteProtocolError, match="cut"):
        await house.client.get(STREAM, headers=headers)


async def test_broken_before_the_answer_is_502(house: House, script: Script) -> None:
    script.chunks.put_nowait(None)
    answer = await house.ask("POST", STREAM, content=b"x")
    assert (answer.status_code, answer.json()["detail"]["code"]) == (502, "UPSTREAM_ERROR")


async def test_broken_within_the_answer_cuts_it(house: House, script: Script) -> None:
    script.chunks.put_nowait(b"first")
    script.chunks.put_nowait(None)
    with pytest.raises(httpx2.RemoteProtocolError, match="cut"):
        await house.ask(path=STREAM)


async def test_no_instance_is_503(house: House) -> None:
    answer = await house.ask()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert "asr" in answer.json()["detail"]["message"]


async def test_an_instance_that_refuses_is_passed_over(echo: House) -> None:
    await echo.list("asr", "http://dead:8087")
    answers = [await echo.ask("POST", "/api/v1/asr/inference", content=b"x") for _ in range(4)]
    assert [(answer.status_code, answer.json()["body"]) for answer in answers] == [(200, "x")] * 4


async def test_only_instances_that_refuse_is_503(house: House) -> None:
    for number in range(2):
        await house.list("asr", f"http://dead-{number}:8087")
    answer = await house.ask("POST", "/api/v1/asr/inference", content=b"x")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


async def test_instances_take_turns(echo: House) -> None:
    other = await echo.add("asr", "http://asr-2:8087", make_service("asr", make_router()))
    first = echo.services[ASR]
    for _ in range(4):
        assert (await echo.ask()).status_code == 200
    counts = [
        running.app.state.metrics.registry.get_sample_value(  # type: ignore[attr-defined] # an app
            "ai4v_http_requests_total",
            {"method": "GET", "route": "/api/v1/asr/models", "status": "200"},
        )
        for running in (first, other)
    ]
    assert counts == [2, 2]


async def test_a_body_that_announces_too_much_is_413(echo: House) -> None:
    headers = {"content-length": str(33 * 1024 * 1024)}
    answer = await echo.ask("POST", "/api/v1/asr/inference", headers=headers, content=b"x")
    assert (answer.status_code, answer.json()["detail"]["code"]) == (413, "PAYLOAD_TOO_LARGE")


async def test_a_body_that_becomes_too_large_is_413(house: House, script: Script) -> None:
    async def upload() -> AsyncIterator[bytes]:
        for _ in range(33):
            yield b"x" * 1024 * 1024

    asking = house.client.post(STREAM, content=upload(), headers=AUTHORIZED)
    answer = await asking
    assert (answer.status_code, answer.json()["detail"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert answer.json()["detail"]["requestId"] == answer.headers["x-request-id"]
    await asyncio.wait_for(script.has_client_left.wait(), 5)
