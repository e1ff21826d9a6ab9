"""How streams end: by a revocation, a restart, a service that goes away."""

import asyncio
import json
from datetime import timedelta

from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from ai4v.contracts.identity import (
    IDENTITY_CHANNEL,
    REVOKED_MARK,
    Scope,
    VerifiedCredential,
    credential_cache_key,
    hash_credential,
)
from tests.service.gateway.echo import live as live_on
from tests.service.gateway.house import (
    ASR,
    KEY,
    USER,
    House,
    limited,
    make_key,
    open_house,
)
from tests.service.gateway.talk import Talk, end_of, refusal_of

WORDS = ["one", "two", "three"]


async def revoke(house: House, *, is_pushed: bool) -> None:
    digest = hash_credential(KEY)
    await house.shared.put(credential_cache_key(digest), REVOKED_MARK, ttl_s=300)
    if is_pushed:
        await house.shared.publish(IDENTITY_CHANNEL, digest.encode())


async def test_a_revoked_key_ends_its_streams_at_once(live: House) -> None:
    channel = await live.connect()
    other = await live.connect(key=make_key("admin"))
    await revoke(live, is_pushed=True)
    assert (await end_of(channel))[0] == 4401
    await other.send("still here")
    assert await other.receive() == "still here"
    await other.close(1000, "")


async def test_a_revocation_that_is_not_pushed_ends_them_soon(live: House) -> None:
    channel = await live.connect()
    await revoke(live, is_pushed=False)
    live.clock.advance(5)
    await live.entrance.streams.look()
    assert (await end_of(channel))[0] == 4401


async def test_an_expired_credential_ends_its_stream(live: House) -> None:
    key = make_key("brief")
    expires_at = live.clock.now() + timedelta(seconds=10)
    live.authority.known[key] = VerifiedCredential(principal=USER, expires_at=expires_at)
    channel = await live.connect(key=key)
    live.clock.advance(11)
    await live.entrance.streams.look()
    assert (await end_of(channel))[0] == 4401


async def test_a_key_that_lost_its_service_loses_its_stream(live: House) -> None:
    channel = await live.connect()
    narrow = USER.model_copy(update={"scope": Scope(services=("tts",))})
    live.authority.known[KEY] = VerifiedCredential(principal=narrow)
    await live.cache.delete(credential_cache_key(hash_credential(KEY)))
    await live.shared.publish(IDENTITY_CHANNEL, hash_credential(KEY).encode())
    assert (await end_of(channel))[0] == 4401


async def test_clients_are_told_before_a_restart(talk: Talk) -> None:
    async with open_house(settings={"drain_s": 1.2}) as house:
        await house.add("asr", ASR, talk)
        channel = await house.connect()
        house.gateway.state.health.begin_drain()
        told = json.loads(str(await asyncio.wait_for(channel.receive(), 5)))
        assert told == {"type": "going_away", "deadlineMs": 200}
        assert await refusal_of(house) == 503
        assert (await end_of(channel))[0] == 1012
        assert await asyncio.wait_for(talk.endings.get(), 5) == (
            1012,
            "the gateway restarts; connect again",
        )


async def test_what_a_service_says_last_is_heard(house: House) -> None:
    """Also by a client that goes on speaking while the service says goodbye."""
    is_over = asyncio.Event()

    async def leave(scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await live_on(receive, send)
            return
        await receive()
        await send({"type": "websocket.accept"})
        await receive()
        for word in WORDS:
            await send({"type": "websocket.send", "text": word})
        await send({"type": "websocket.close", "code": 1012, "reason": "restart"})
        is_over.set()

    await house.add("asr", ASR, leave)
    channel = await house.connect()
    await channel.send("one")
    await is_over.wait()
    await channel.send("two")
    assert [await asyncio.wait_for(channel.receive(), 5) for _ in WORDS] == WORDS
    assert await end_of(channel) == (1012, "restart")


async def test_all_streams_of_a_revoked_key_end_at_once(talk: Talk) -> None:
    async with open_house(settings={"streams_per_key": 300}) as house:
        await house.add("asr", ASR, talk)
        house.authority.known[KEY] = limited(1_000)
        channels = [await house.connect() for _ in range(250)]
        await house.shared.put(credential_cache_key(hash_credential(KEY)), REVOKED_MARK, ttl_s=300)
        await house.shared.publish(IDENTITY_CHANNEL, hash_credential(KEY).encode())
        ends = await asyncio.gather(*(end_of(channel) for channel in channels))
        assert {code for code, _ in ends} == {4401}
        assert len(house.authority.asked) == 1
