import asyncio
from datetime import timedelta

import pytest

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.contracts.identity import (
    IDENTITY_CHANNEL,
    REVOKED_MARK,
    VerifiedCredential,
    credential_cache_key,
    hash_credential,
)
from ai4v.ports.cache import CacheUnavailableError
from tests.service.gateway.echo import make_router
from tests.service.gateway.house import (
    ASR,
    AUTH,
    KEY,
    USER,
    House,
    make_key,
    make_service,
    open_house,
    settle,
)


class BrokenCache(MemoryCache):
    """A cache that is down."""

    async def get(self, key: str) -> bytes | None:
        raise CacheUnavailableError(f"down: {key}")

    async def add(self, key: str, value: bytes, *, ttl_s: float) -> bool:
        raise CacheUnavailableError(f"down: {key} {len(value)} {ttl_s}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authorization", KEY),
        ("authorization", f"Bearer {KEY}"),
        ("authorization", f"bearer  {KEY}"),
        ("authorization", f"ApiKey {KEY}"),
        ("x-api-key", KEY),
    ],
)
async def test_every_way_of_sending_a_key(echo: House, name: str, value: str) -> None:
    answer = await echo.ask(key=None, headers={name: value})
    assert (answer.status_code, answer.json()["subject"]) == (200, USER.subject)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "Basic dXNlcjpwYXNz"},
        {"authorization": "Bearer "},
        {"authorization": "Bearer two words"},
        {"authorization": "x" * 9_000},
        {"x-user-id": str(USER.user_id)},
        {"x-ai4v-internal-token": "forged"},
    ],
)
async def test_no_good_key_is_401(echo: House, headers: dict[str, str]) -> None:
    answer = await echo.ask(key=None, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    detail = answer.json()["detail"]
    assert detail["code"] == "AUTHENTICATION_ERROR"
    assert detail["requestId"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("name", ["apiKey", "api_key", "key", "Authorization", "X-API-K%65y"])
async def test_a_key_in_the_query_is_refused(echo: House, name: str) -> None:
    for value in (KEY, f"Bearer%20{KEY}", "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln"):
        answer = await echo.ask(path=f"/api/v1/asr/models?a=1&{name}={value}")
        assert (answer.status_code, answer.json()["detail"]["code"]) == (400, "VALIDATION_ERROR")
        assert KEY not in answer.text
    assert echo.authority.asked == []


async def test_what_is_no_key_may_be_in_the_query(echo: House) -> None:
    answer = await echo.ask(path="/api/v1/asr/models?key=hi&q=a4v_is_a_word&page=%32")
    assert answer.json()["query"] == "key=hi&q=a4v_is_a_word&page=%32"


async def test_auth_is_asked_once_and_remembered(echo: House) -> None:
    for _ in range(3):
        assert (await echo.ask()).status_code == 200
    assert echo.authority.asked == [KEY]


async def test_at_once_auth_is_asked_once(echo: House) -> None:
    echo.authority.gate.clear()
    asks = asyncio.gather(*(echo.ask() for _ in range(20)))
    while not echo.authority.asked:
        await settle()
    echo.authority.gate.set()
    assert {answer.status_code for answer in await asks} == {200}
    assert echo.authority.asked == [KEY]


async def test_a_caller_who_gives_up_harms_no_other(echo: House) -> None:
    echo.authority.gate.clear()
    first, second = (asyncio.create_task(echo.ask()) for _ in range(2))
    while not echo.authority.asked:
        await settle()
    first.cancel()
    await settle()
    echo.authority.gate.set()
    assert (await second).status_code == 200


async def test_a_revoked_key_is_refused_at_once() -> None:
    cache = MemoryCache()
    async with open_house(cache=cache) as house:
        await house.add("asr", ASR, make_service("asr", make_router()))
        assert (await house.ask()).status_code == 200
        await house.shared.put(credential_cache_key(hash_credential(KEY)), REVOKED_MARK, ttl_s=300)
        await house.shared.publish(IDENTITY_CHANNEL, hash_credential(KEY).encode())
        await settle()
        answer = await house.ask()
        assert answer.status_code == 401
        assert "revoked" in answer.json()["detail"]["message"]


async def test_a_mark_that_came_while_auth_was_asked_wins() -> None:
    cache = MemoryCache()
    async with open_house(cache=cache) as house:
        await house.add("asr", ASR, make_service("asr", make_router()))
        house.authority.gate.clear()
        asking = asyncio.create_task(house.ask())
        while not house.authority.asked:
            await settle()
        await house.shared.put(credential_cache_key(hash_credential(KEY)), REVOKED_MARK, ttl_s=300)
        house.authority.gate.set()
        assert (await asking).status_code == 401


async def test_expiry_is_looked_at_on_use(echo: House) -> None:
    expires_at = echo.clock.now() + timedelta(seconds=100)
    echo.authority.known[make_key("brief")] = VerifiedCredential(
        principal=USER, expires_at=expires_at
    )
    assert (await echo.ask(key=make_key("brief"))).status_code == 200
    echo.clock.jump(101)
    answer = await echo.ask(key=make_key("brief"))
    assert answer.status_code == 401
    assert "expired" in answer.json()["detail"]["message"]


async def test_a_key_is_remembered_300_s_at_most(echo: House) -> None:
    await echo.ask()
    echo.clock.advance(299)
    await echo.ask()
    assert echo.authority.asked == [KEY]
    echo.clock.advance(6)
    await echo.ask()
    assert echo.authority.asked == [KEY, KEY]


async def test_a_wrong_key_is_asked_for_once_in_a_while(echo: House) -> None:
    for _ in range(3):
        assert (await echo.ask(key=make_key("wrong"))).status_code == 401
    echo.clock.advance(6)
    answer = await echo.ask(key=make_key("wrong"))
    assert answer.json()["detail"]["message"] == "this key is not known"
    assert echo.authority.asked == [make_key("wrong")] * 2


async def test_what_is_kept_and_cannot_be_read_is_asked_for() -> None:
    cache = MemoryCache()
    async with open_house(cache=cache) as house:
        await house.add("asr", ASR, make_service("asr", make_router()))
        await house.shared.put(credential_cache_key(hash_credential(KEY)), b"{", ttl_s=300)
        assert (await house.ask()).status_code == 200


async def test_auth_down_is_503_unless_the_key_is_remembered(echo: House) -> None:
    assert (await echo.ask()).status_code == 200
    del echo.services[AUTH]
    assert (await echo.ask()).status_code == 200
    answer = await echo.ask(key=make_key("another"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["detail"]["code"] == "SERVICE_UNAVAILABLE"


async def test_auth_failing_is_503_and_not_remembered(echo: House) -> None:
    echo.authority.is_failing = True
    assert (await echo.ask()).status_code == 503
    echo.authority.is_failing = False
    assert (await echo.ask()).status_code == 200


async def test_without_the_cache_auth_is_asked_now_and_then() -> None:
    async with open_house(cache=BrokenCache()) as house:
        await house.add("asr", ASR, make_service("asr", make_router()))
        for _ in range(3):
            assert (await house.ask()).status_code == 200
        assert house.authority.asked == [KEY]
        house.clock.advance(6)
        assert (await house.ask()).status_code == 200
        assert house.authority.asked == [KEY, KEY]


async def test_the_callers_deadline_holds_while_auth_is_asked(echo: House) -> None:
    echo.authority.gate.clear()
    answer = await echo.ask(headers={"x-request-timeout-ms": "30"})
    echo.authority.gate.set()
    assert (answer.status_code, answer.json()["detail"]["code"]) == (504, "DEADLINE_EXCEEDED")
