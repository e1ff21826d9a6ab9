"""Whoever can write to the shared store is nobody by it: keys, marks, word of both, instances."""

import pytest
from starlette.types import Receive, Scope, Send

from ai4v.contracts.identity import (
    IDENTITY_CHANNEL,
    REVOKED_MARK,
    STALE_MARK,
    Principal,
    VerifiedCredential,
    credential_cache_key,
    hash_credential,
)
from ai4v.kit.seal import Seal
from ai4v.kit.sealedcache import SealedCache
from ai4v.kit.sealedregistry import SealedRegistry
from ai4v.ports.registry import Instance
from tests.service.gateway.echo import live as live_on
from tests.service.gateway.house import (
    ADMIN,
    ADMIN_KEY,
    ASR,
    AUTH,
    KEY,
    House,
    make_key,
    open_house,
    settle,
)
from tests.service.gateway.talk import Talk
from tests.support.asgi import RunningApp

NOBODY = make_key("nobody")
ROGUE = "http://rogue:1"
OTHER_SECRET = "x" * 43


def place_of(key: str) -> str:
    return credential_cache_key(hash_credential(key))


def written(principal: Principal) -> bytes:
    return VerifiedCredential(principal=principal).model_dump_json().encode()


async def is_administrator(house: House, key: str) -> bool:
    """Only administrators and moderators are told where instances are."""
    answer = await house.ask(path="/api/v1/status", key=key)
    return AUTH in answer.text


class Rogue:
    """Answers whatever it is asked, and keeps it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await live_on(receive, send)
            return
        self.asked.append(scope["path"])
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": written(ADMIN)})


@pytest.fixture
async def rogue(echo: House) -> Rogue:
    """Somebody else's process, which listens and is not listed."""
    app = Rogue()
    echo.services[ROGUE] = await echo.stack.enter_async_context(RunningApp(app))
    return app


async def test_a_forged_credential_lets_nobody_in(echo: House) -> None:
    for forged in (written(ADMIN), b"0" * 76 + written(ADMIN)):
        await echo.cache.put(place_of(NOBODY), forged, ttl_s=300)
        assert (await echo.ask(key=NOBODY)).status_code == 401
        echo.clock.advance(6)
    other = SealedCache(echo.cache, Seal(OTHER_SECRET, echo.clock))
    await other.put(place_of(NOBODY), written(ADMIN), ttl_s=300)
    assert (await echo.ask(key=NOBODY)).status_code == 401
    assert "ai4v_gateway_forged_total 3.0" in await echo.metrics()


async def test_a_forged_credential_makes_nobody_more_than_they_are(house: House) -> None:
    await house.cache.put(place_of(KEY), written(ADMIN), ttl_s=300)
    assert not await is_administrator(house, KEY)
    assert await is_administrator(house, ADMIN_KEY)


async def test_what_is_known_of_one_key_is_not_believed_of_another(house: House) -> None:
    assert await is_administrator(house, ADMIN_KEY)
    known = await house.cache.get(place_of(ADMIN_KEY))
    assert known is not None
    for key in (KEY, NOBODY):
        await house.cache.put(place_of(key), known, ttl_s=300)
        assert not await is_administrator(house, key)


async def test_what_was_known_is_not_put_back_after_its_end(echo: House) -> None:
    assert (await echo.ask()).status_code == 200
    known = await echo.cache.get(place_of(KEY))
    assert known is not None
    del echo.authority.known[KEY]
    echo.clock.advance(361)
    await echo.cache.put(place_of(KEY), known, ttl_s=300)
    assert (await echo.ask()).status_code == 401


@pytest.mark.parametrize("mark", [REVOKED_MARK, STALE_MARK])
async def test_forged_marks_shut_nobody_out(echo: House, mark: bytes) -> None:
    await echo.cache.put(place_of(KEY), mark, ttl_s=300)
    assert (await echo.ask()).status_code == 200
    echo.clock.advance(6)
    assert (await echo.ask()).status_code == 200


async def test_a_forged_announcement_is_not_heard() -> None:
    async with open_house() as house:
        await house.add("asr", ASR, Talk())
        channel = await house.connect()
        await house.cache.put(place_of(KEY), REVOKED_MARK, ttl_s=300)
        asked = len(house.authority.asked)
        for message in (hash_credential(KEY).encode(), b"0" * 76 + hash_credential(KEY).encode()):
            await house.cache.publish(IDENTITY_CHANNEL, message)
        await settle()
        await channel.send("still here")
        assert await channel.receive() == "still here"
        assert len(house.authority.asked) == asked
        await channel.close(1000, "")


async def test_a_rogue_instance_gets_no_request(echo: House, rogue: Rogue) -> None:
    other = SealedRegistry(echo.registry, Seal(OTHER_SECRET))
    (real,) = await echo.registry.instances("asr")
    for number in range(3):
        await echo.registry.register(Instance("asr", f"rogue-{number}", ROGUE), lease_s=60)
        sealed = f"{real.base_url.removesuffix(ASR)}{ROGUE}"
        await echo.registry.register(Instance("asr", f"sealed-{number}", sealed), lease_s=60)
        await other.register(Instance("asr", f"other-{number}", ROGUE), lease_s=60)
    await settle()
    assert {(await echo.ask()).status_code for _ in range(50)} == {200}
    assert rogue.asked == []
    assert ROGUE not in (await echo.ask(path="/api/v1/status", key=ADMIN_KEY)).text


async def test_a_rogue_auth_service_is_asked_nothing(echo: House, rogue: Rogue) -> None:
    other = SealedRegistry(echo.registry, Seal(OTHER_SECRET))
    for number in range(3):
        await echo.registry.register(Instance("auth", f"rogue-{number}", ROGUE), lease_s=60)
        await other.register(Instance("auth", f"other-{number}", ROGUE), lease_s=60)
    await settle()
    for number in range(20):
        assert (await echo.ask(key=make_key(f"try{number}"))).status_code == 401
    assert rogue.asked == []
