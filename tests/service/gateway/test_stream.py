import asyncio
from uuid import uuid4

import pytest
from starlette.websockets import WebSocket

from ai4v.contracts.identity import (
    VerifiedCredential,
)
from ai4v.kit.identity import TOKEN_HEADER, TokenVerifier
from tests.service.gateway.echo import make_router
from tests.service.gateway.house import (
    ASR,
    KEY,
    PAIR,
    STREAM,
    USER,
    House,
    make_key,
    make_service,
    open_house,
    settle,
)
from tests.service.gateway.talk import Talk, end_of, refusal_of


async def test_messages_pass_both_ways(live: House, talk: Talk) -> None:
    channel = await live.connect()
    for message in ("नमस्ते", b"\0\1\2", "", b""):
        await channel.send(message)
        assert await channel.receive() == message
    await channel.close(1000, "done")
    assert await asyncio.wait_for(talk.endings.get(), 5) == (1000, "done")


async def test_the_service_is_told_who_speaks(live: House, talk: Talk) -> None:
    forged = {"x-user-id": "1", "x-ai4v-internal-token": "forged", "x-kept": "1"}
    channel = await live.connect(STREAM + "?language=hi", headers=forged)
    headers = dict(talk.handshakes[0]["headers"])
    caller = TokenVerifier(PAIR.public.get_secret_value(), audience="asr").verify(
        headers[TOKEN_HEADER.encode()].decode()
    )
    assert caller.principal == USER
    assert talk.handshakes[0]["query_string"] == b"language=hi"
    assert headers[b"x-kept"] == b"1"
    assert {b"x-user-id", b"authorization"}.isdisjoint(headers)
    await channel.close(1000, "")


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 4000, 4999])
async def test_the_services_close_code_passes(live: House, code: int) -> None:
    channel = await live.connect()
    await channel.send(f"close {code}")
    assert await end_of(channel) == (code, "as told")


async def test_a_service_that_breaks_off_is_1011(live: House) -> None:
    channel = await live.connect()
    await channel.send("close not a number")
    code, _ = await end_of(channel)
    assert code == 1011
    live.services[ASR].surprises.clear()


async def test_a_client_that_breaks_off_ends_the_services_side(live: House, talk: Talk) -> None:
    channel = await live.connect()
    channel.drop()
    code, _ = await asyncio.wait_for(talk.endings.get(), 5)
    assert code in {1000, 1006}
    await settle()
    assert live.entrance.streams.open == 0


async def test_subprotocols_pass_and_the_key_among_them_does_not(live: House, talk: Talk) -> None:
    offered = ["ai4v", f"ai4v.key.{KEY}", "chat"]
    channel = await live.connect(key=None, subprotocols=offered)
    assert channel.subprotocol == "chat"
    assert talk.handshakes[0]["subprotocols"] == ["ai4v", "chat"]
    assert KEY not in str(talk.handshakes[0]["headers"])
    plain = await live.connect(key=None, subprotocols=offered[:2])
    assert plain.subprotocol == "ai4v"
    for item in (channel, plain):
        await item.close(1000, "")


async def test_a_key_in_the_query_is_for_one_path_alone(live: House) -> None:
    assert await refusal_of(live, path=f"{STREAM}?api_key={KEY}", key=None) == 400
    assert await refusal_of(live, path=f"/ws/v1/asr/stream?api_key={KEY}", key=None) == 404


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"key": None}, 401),
        ({"key": make_key("wrong")}, 401),
        ({"key": "nonsense"}, 401),
        ({"path": "/internal/stream"}, 404),
        ({"path": "/api/v1/asr/../../internal"}, 404),
        ({"path": "/api/v1/asr/refused"}, 403),
        ({"headers": {"origin": "https://evil.example"}}, 403),
        ({"headers": {"origin": "null"}}, 403),
    ],
)
async def test_who_may_not_open_one(live: House, how: dict[str, object], status: int) -> None:
    assert await refusal_of(live, **how) == status
    assert live.entrance.streams.open == 0


async def hear(socket: WebSocket) -> None:
    await socket.accept()


async def test_a_path_without_a_stream_is_404_and_one_with_a_stream_alone_426(house: House) -> None:
    router = make_router()
    router.add_api_websocket_route("/api/v1/asr/hear", hear)
    await house.add("asr", ASR, make_service("asr", router))
    for path in ("/api/v1/asr/nothing", "/api/v1/asr/models"):
        assert await refusal_of(house, path=path) == 404
    answer = await house.ask(path="/api/v1/asr/hear")
    assert (answer.status_code, answer.json()["detail"]["code"]) == (426, "UPGRADE_REQUIRED")
    assert answer.headers["upgrade"] == "websocket"
    assert await refusal_of(house, path="/api/v1/asr/hear") == 403  # it declares no permission


async def test_pages_that_are_listed_may_open_one(talk: Talk) -> None:
    async with open_house(settings={"cors_origins": "https://speech.example.org"}) as house:
        await house.add("asr", ASR, talk)
        for origin in ("https://speech.example.org", "http://gateway:8080"):
            channel = await house.connect(headers={"origin": origin})
            await channel.close(1000, "")
        assert await refusal_of(house, headers={"origin": "http://speech.example.org"}) == 403


async def test_no_instance_is_503(house: House) -> None:
    assert await refusal_of(house) == 503


async def test_a_message_that_is_too_large_is_1009(talk: Talk) -> None:
    async with open_house(settings={"stream_message_bytes": 10}) as house:
        await house.add("asr", ASR, talk)
        channel = await house.connect()
        await channel.send(b"0123456789")
        assert await channel.receive() == b"0123456789"
        await channel.send(b"0123456789a")
        assert (await end_of(channel))[0] == 1009


async def test_too_many_messages_are_1008(talk: Talk) -> None:
    async with open_house(settings={"stream_messages_per_s": 3}) as house:
        await house.add("asr", ASR, talk)
        channel = await house.connect()
        for _ in range(3):
            await channel.send("x")
            await channel.receive()
        house.clock.advance(1)
        for _ in range(4):
            await channel.send("y")
        assert (await end_of(channel))[0] == 1008


async def test_a_stream_that_says_nothing_is_1001(live: House) -> None:
    channel = await live.connect()
    live.clock.advance(59)
    await live.entrance.streams.look()
    await channel.send("still here")
    assert await channel.receive() == "still here"
    live.clock.advance(59)
    await live.entrance.streams.look()
    live.clock.advance(2)
    await live.entrance.streams.look()
    assert (await end_of(channel))[0] == 1001


async def test_a_client_that_does_not_read_holds_the_service_back(live: House, talk: Talk) -> None:
    channel = await live.connect()
    await channel.send("many 1000")
    for _ in range(20):
        await settle()
    assert talk.sent < 50
    live.clock.advance(31)
    await live.entrance.streams.look()
    assert (await end_of(channel))[0] == 1013


async def test_few_streams_a_key(talk: Talk) -> None:
    async with open_house(settings={"streams_per_key": 1, "max_streams": 2}) as house:
        await house.add("asr", ASR, talk)
        for name in ("b", "c"):
            principal = USER.model_copy(update={"key_id": uuid4()})
            house.authority.known[make_key(name)] = VerifiedCredential(principal=principal)
        first = await house.connect()
        assert await refusal_of(house) == 429
        second = await house.connect(key=make_key("b"))
        assert await refusal_of(house, key=make_key("c")) == 503
        await first.close(1000, "")
        await settle()
        third = await house.connect()
        for channel in (second, third):
            await channel.close(1000, "")


async def test_streams_are_counted(live: House) -> None:
    channel = await live.connect()
    assert "ai4v_gateway_streams 1.0" in await live.metrics()
    await channel.close(1000, "")
    await settle()
    assert "ai4v_gateway_streams 0.0" in await live.metrics()


async def test_streams_of_a_session_go_to_one_instance(house: House) -> None:
    talks = [Talk(), Talk()]
    for number, talk in enumerate(talks):
        await house.add("asr", f"http://asr-{number}:8087", talk)
    channels = [await house.connect() for _ in range(10)]
    assert min(len(talk.handshakes) for talk in talks) == 5
    channels += [await house.connect(f"{STREAM}?session=a") for _ in range(6)]
    assert sorted(len(talk.handshakes) for talk in talks) == [5, 11]
    for channel in channels:
        await channel.close(1000, "")
