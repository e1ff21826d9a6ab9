"""What gateways find in the cache after a revocation, whatever happens to the cache."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import pytest

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.contracts.identity import (
    CREDENTIAL_CACHE_S,
    IDENTITY_CHANNEL,
    REVOKED_MARK,
    STALE_MARK,
    credential_cache_key,
    hash_credential,
)
from ai4v.kit.database.connection import Database
from ai4v.ports.cache import CacheUnavailableError
from ai4v.services.auth.repository import AuthRepository
from ai4v.services.auth.revocation import MARK_S, RevocationMarks
from tests.service.auth.house import House, Keys, create_key, open_house
from tests.support.clock import ManualClock
from tests.support.poll import until
from tests.support.seal import seal_cache


class _FickleCache:
    """A memory cache that can be down or lose everything."""

    def __init__(self, clock: ManualClock) -> None:
        self.is_down = False
        self._clock = clock
        self._inner = MemoryCache(clock)

    def wipe(self) -> None:
        """Come back empty."""
        self._inner = MemoryCache(self._clock)
        self.is_down = False

    def reached(self) -> MemoryCache:
        if self.is_down:
            raise CacheUnavailableError("down")
        return self._inner

    async def get(self, key: str) -> bytes | None:
        return await self.reached().get(key)

    async def put(self, key: str, value: bytes, *, ttl_s: float) -> None:
        await self.reached().put(key, value, ttl_s=ttl_s)

    async def add(self, key: str, value: bytes, *, ttl_s: float) -> bool:
        return await self.reached().add(key, value, ttl_s=ttl_s)

    async def delete(self, key: str) -> None:
        await self.reached().delete(key)

    async def publish(self, channel: str, message: bytes) -> None:
        await self.reached().publish(channel, message)

    def subscribe(self, channel: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        return self.reached().subscribe(channel)

    async def ping(self) -> None:
        self.reached()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def cache(clock: ManualClock) -> _FickleCache:
    return _FickleCache(clock)


@pytest.fixture
async def fickle_house(
    auth_database_url: str,
    database: object,
    keys: Keys,
    clock: ManualClock,
    cache: _FickleCache,
) -> AsyncIterator[House]:
    """A service whose cache is fickle."""
    async with open_house(auth_database_url, keys, clock, cache=cache) as house:
        yield house


@pytest.fixture
async def marks(
    auth_database_url: str, clock: ManualClock, cache: _FickleCache
) -> AsyncIterator[RevocationMarks]:
    """The same work as the service does beside its requests, done when a test says so."""
    database = Database(auth_database_url)
    yield RevocationMarks(seal_cache(cache, clock), AuthRepository(database), clock)
    await database.close()


async def _revoked_key(house: House) -> str:
    admin = await house.administrator()
    key = await create_key(admin)
    assert (await admin.ask("DELETE", f"/api/v1/auth/keys/{key.id}")).status_code == 204
    return key.key


async def test_a_revoked_key_is_marked_over_what_gateways_remember(house: House) -> None:
    admin = await house.administrator()
    key = await create_key(admin)
    place = credential_cache_key(hash_credential(key.key))
    verified = (await house.check(key.key)).content
    assert await house.shared.add(place, verified, ttl_s=CREDENTIAL_CACHE_S)
    await admin.ask("DELETE", f"/api/v1/auth/keys/{key.id}")
    assert await house.shared.get(place) == REVOKED_MARK
    assert not await house.shared.add(place, verified, ttl_s=CREDENTIAL_CACHE_S)
    house.clock.advance(CREDENTIAL_CACHE_S + 1)
    assert await house.shared.get(place) == REVOKED_MARK


async def test_everything_of_a_user_let_out_is_marked(house: House) -> None:
    admin = await house.administrator()
    asha = await house.user(admin, "asha")
    made = [await create_key(house.person(asha)) for _ in range(3)]
    await admin.ask("PATCH", f"/api/v1/auth/users/{asha.user_id}", {"is_active": False})
    for key in made:
        assert await house.is_marked(key.key)
        assert (await house.check(key.key)).status_code == 401


async def test_keys_of_a_user_let_out_stay_revoked(house: House) -> None:
    admin = await house.administrator()
    asha = await house.user(admin, "asha")
    key = await create_key(house.person(asha))
    for is_active in (False, True):
        body = {"is_active": is_active}
        await admin.ask("PATCH", f"/api/v1/auth/users/{asha.user_id}", body)
    assert (await house.check(key.key)).status_code == 401


async def test_a_cache_that_was_down_hears_of_it_later(
    fickle_house: House, cache: _FickleCache, marks: RevocationMarks
) -> None:
    admin = await fickle_house.administrator()
    key = await create_key(admin)
    cache.is_down = True
    assert (await admin.ask("DELETE", f"/api/v1/auth/keys/{key.id}")).status_code == 204
    assert (await fickle_house.check(key.key)).status_code == 401
    with pytest.raises(CacheUnavailableError):
        await marks.reassert()
    cache.is_down = False
    assert not await fickle_house.is_marked(key.key)
    await marks.reassert()
    assert await fickle_house.is_marked(key.key)


async def test_a_cache_that_lost_its_data_is_told_again(
    fickle_house: House, cache: _FickleCache, marks: RevocationMarks, clock: ManualClock
) -> None:
    key = await _revoked_key(fickle_house)
    clock.advance(CREDENTIAL_CACHE_S)
    cache.wipe()
    await marks.reassert()
    assert await fickle_house.is_marked(key)


async def test_what_no_gateway_can_remember_is_not_repeated(
    fickle_house: House, cache: _FickleCache, marks: RevocationMarks, clock: ManualClock
) -> None:
    key = await _revoked_key(fickle_house)
    clock.advance(MARK_S + 1)
    cache.wipe()
    await marks.reassert()
    assert not await fickle_house.is_marked(key)


async def test_the_work_goes_on_through_failures(
    fickle_house: House, cache: _FickleCache, marks: RevocationMarks
) -> None:
    key = await _revoked_key(fickle_house)
    cache.is_down = True
    work = asyncio.create_task(marks.keep(interval_s=0.01))
    await asyncio.sleep(0.05)
    cache.wipe()
    await until(lambda: fickle_house.is_marked(key))
    work.cancel()
    await asyncio.wait([work])
    assert work.cancelled()


@pytest.mark.usefixtures("database")
async def test_a_new_process_says_what_the_old_one_could_not(
    cache: _FickleCache, auth_database_url: str, keys: Keys, clock: ManualClock
) -> None:
    cache.is_down = True
    async with open_house(auth_database_url, keys, clock, cache=cache) as house:
        key = await _revoked_key(house)
    cache.is_down = False
    assert not await house.is_marked(key)
    async with open_house(auth_database_url, keys, clock, cache=cache):
        await until(lambda: house.is_marked(key))


async def test_without_the_cache_the_service_is_degraded_and_serves(
    fickle_house: House, cache: _FickleCache
) -> None:
    cache.is_down = True
    admin = await fickle_house.administrator()
    await create_key(admin)
    health = await fickle_house.http.get("/api/v1/auth/health")
    assert health.status_code == 200
    assert health.json()["status"] == "degraded"
    assert health.json()["components"] == {"postgres": "healthy", "valkey": "unhealthy"}


async def test_what_is_revoked_is_announced(house: House) -> None:
    async with house.shared.subscribe(IDENTITY_CHANNEL) as told:
        key = await _revoked_key(house)
        async with asyncio.timeout(5):
            assert await anext(aiter(told)) == hash_credential(key).encode()


async def test_what_a_cache_that_was_down_did_not_hear_is_told_later(
    cache: _FickleCache, clock: ManualClock, marks: RevocationMarks
) -> None:
    shared = seal_cache(cache, clock)
    place = credential_cache_key("a" * 64)
    cache.is_down = True
    await marks.put_stale(["a" * 64, "b" * 64])
    await marks.put(["b" * 64])
    await marks.put_stale(["b" * 64])
    cache.wipe()
    async with shared.subscribe(IDENTITY_CHANNEL) as told:
        await marks.reassert()
        async with asyncio.timeout(5):
            heard = {await anext(aiter(told)) for _ in range(2)}
    assert heard == {b"a" * 64, b"b" * 64}
    assert await shared.get(place) == STALE_MARK
    assert await shared.get(credential_cache_key("b" * 64)) == REVOKED_MARK
