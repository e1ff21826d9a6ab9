"""The cache in memory."""

import pytest

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.ports.cache import CacheUnavailableError
from tests.conformance.cache import CacheConformance, ExclusiveCacheConformance
from tests.support.clock import Elapse, ManualClock


class TestMemoryCache(CacheConformance, ExclusiveCacheConformance):
    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock()

    @pytest.fixture
    def elapse(self, clock: ManualClock) -> Elapse:
        return clock.elapse

    @pytest.fixture
    def cache(self, clock: ManualClock) -> MemoryCache:
        return MemoryCache(clock)

    @pytest.fixture
    def exclusive(self, cache: MemoryCache) -> MemoryCache:
        return cache

    async def test_the_oldest_entries_make_room(self, clock: ManualClock) -> None:
        cache = MemoryCache(clock, max_entries=2)
        for key in ("a", "b", "a", "c"):
            await cache.put(key, key.encode(), ttl_s=1)
        assert [await cache.get(key) for key in ("a", "b", "c")] == [b"a", None, b"c"]

    async def test_a_listener_too_far_behind_is_told(self, cache: MemoryCache) -> None:
        async with cache.subscribe("channel") as messages:
            for _ in range(1_001):
                await cache.publish("channel", b"message")
            with pytest.raises(CacheUnavailableError):
                await anext(messages)
