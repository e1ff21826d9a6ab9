"""The cache that believes the platform alone: a cache like any other, and forgeries."""

import pytest

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.kit.seal import Seal
from ai4v.kit.sealedcache import SealedCache
from tests.conformance.cache import CacheConformance
from tests.support.clock import Elapse, ManualClock
from tests.support.seal import make_seal, seal_cache


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(clock: ManualClock) -> MemoryCache:
    return MemoryCache(clock)


@pytest.fixture
def cache(store: MemoryCache, clock: ManualClock) -> SealedCache:
    return seal_cache(store, clock)


class TestSealedCache(CacheConformance):
    @pytest.fixture
    def elapse(self, clock: ManualClock) -> Elapse:
        return clock.elapse


async def test_what_others_put_is_as_absent(store: MemoryCache, cache: SealedCache) -> None:
    await store.put("key", b"forged", ttl_s=60)
    assert await cache.get("key") is None


async def test_it_is_not_overwritten_unless_it_is_said(
    store: MemoryCache, cache: SealedCache
) -> None:
    await store.put("key", b"forged", ttl_s=60)
    assert not await cache.add("key", b"ours", ttl_s=60)
    assert await store.get("key") == b"forged"
    await cache.put("key", b"ours", ttl_s=60)
    assert await cache.get("key") == b"ours"


async def test_what_was_moved_is_as_absent(store: MemoryCache, cache: SealedCache) -> None:
    await cache.put("one", b"value", ttl_s=60)
    moved = await store.get("one")
    assert moved is not None
    await store.put("other", moved, ttl_s=60)
    assert await cache.get("other") is None
    async with cache.subscribe("one") as messages:
        await store.publish("one", moved)
        await cache.publish("one", b"ours")
        assert await anext(messages) == b"ours"


async def test_what_was_put_back_after_its_end_is_as_absent(
    store: MemoryCache, cache: SealedCache, clock: ManualClock
) -> None:
    await cache.put("key", b"value", ttl_s=300)
    kept = await store.get("key")
    assert kept is not None
    clock.advance(361)
    await store.put("key", kept, ttl_s=300)
    assert await cache.get("key") is None


async def test_messages_of_others_are_not_heard(store: MemoryCache, cache: SealedCache) -> None:
    other = SealedCache(store, Seal("x" * 32))
    async with cache.subscribe("channel") as messages:
        for message in (b"", b"forged", b"\xff" * 100):
            await store.publish("channel", message)
        await other.publish("channel", b"forged")
        await cache.publish("channel", b"ours")
        assert await anext(messages) == b"ours"


async def test_a_message_is_not_repeated_for_ever(
    store: MemoryCache, cache: SealedCache, clock: ManualClock
) -> None:
    message = make_seal(clock).close("channel:channel", b"old", ttl_s=5)
    clock.advance(66)
    async with cache.subscribe("channel") as messages:
        await store.publish("channel", message)
        await cache.publish("channel", b"new")
        assert await anext(messages) == b"new"
