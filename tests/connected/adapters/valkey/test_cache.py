"""The cache on a real server."""

import pytest

from ai4v.adapters.valkey.cache import ValkeyCache
from ai4v.adapters.valkey.connection import ValkeyConnection
from ai4v.ports.cache import CacheUnavailableError
from tests.conformance.cache import CacheConformance, ExclusiveCacheConformance

pytestmark = pytest.mark.connected


class TestValkeyCache(CacheConformance, ExclusiveCacheConformance):
    @pytest.fixture
    def cache(self, valkey: ValkeyConnection, namespace: str) -> ValkeyCache:
        return ValkeyCache(valkey, namespace=namespace)

    @pytest.fixture
    def exclusive(self, cache: ValkeyCache) -> ValkeyCache:
        return cache

    async def test_every_key_expires(
        self, cache: ValkeyCache, valkey: ValkeyConnection, namespace: str
    ) -> None:
        await cache.put("put", b"value", ttl_s=60)
        await cache.add("added", b"value", ttl_s=60)
        await cache.add("replaced", b"value", ttl_s=60)
        await cache.replace("replaced", b"other", held=b"value", ttl_s=60)
        for key in ("put", "added", "replaced"):
            ttl = await valkey.execute(CacheUnavailableError, "PTTL", f"{namespace}:cache:{key}")
            assert isinstance(ttl, int)
            assert 0 < ttl <= 60_000
