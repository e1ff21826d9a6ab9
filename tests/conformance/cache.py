"""What every cache must do."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from ai4v.ports.cache import Cache, ExclusiveCache
from tests.support.clock import Elapse

_LONG_S = 60.0
_SHORT_S = 0.2


class CacheConformance:
    """Subclass it with the fixtures `cache` and `elapse`."""

    async def test_get_returns_none_for_an_unknown_key(self, cache: Cache) -> None:
        assert await cache.get("nothing") is None

    @pytest.mark.parametrize("value", [b"", b"\x00\xff\r\n", "हिन्दी".encode(), b"x" * 300_000])
    async def test_put_keeps_any_bytes(self, cache: Cache, value: bytes) -> None:
        await cache.put("key", value, ttl_s=_LONG_S)
        assert await cache.get("key") == value

    async def test_put_replaces_value_and_expiry(self, cache: Cache, elapse: Elapse) -> None:
        await cache.put("key", b"old", ttl_s=_SHORT_S)
        await cache.put("key", b"new", ttl_s=_LONG_S)
        await elapse(2 * _SHORT_S)
        assert await cache.get("key") == b"new"

    async def test_a_key_expires(self, cache: Cache, elapse: Elapse) -> None:
        await cache.put("key", b"value", ttl_s=_SHORT_S)
        await elapse(2 * _SHORT_S)
        assert await cache.get("key") is None

    async def test_a_ttl_that_is_not_positive_is_refused(self, cache: Cache) -> None:
        with pytest.raises(ValueError, match="ttl_s"):
            await cache.put("key", b"value", ttl_s=0)
        with pytest.raises(ValueError, match="ttl_s"):
            await cache.add("key", b"value", ttl_s=-1)

    async def test_add_keeps_only_the_first(self, cache: Cache) -> None:
        assert await cache.add("key", b"first", ttl_s=_LONG_S)
        assert not await cache.add("key", b"second", ttl_s=_LONG_S)
        assert await cache.get("key") == b"first"

    async def test_add_refuses_a_key_that_holds_nothing_but_empty_bytes(self, cache: Cache) -> None:
        await cache.put("key", b"", ttl_s=_LONG_S)
        assert not await cache.add("key", b"value", ttl_s=_LONG_S)

    async def test_add_takes_an_expired_key(self, cache: Cache, elapse: Elapse) -> None:
        await cache.add("key", b"first", ttl_s=_SHORT_S)
        await elapse(2 * _SHORT_S)
        assert await cache.add("key", b"second", ttl_s=_LONG_S)

    async def test_of_many_adds_at_once_one_wins(self, cache: Cache) -> None:
        adds = (cache.add("key", str(n).encode(), ttl_s=_LONG_S) for n in range(50))
        assert sum(await asyncio.gather(*adds)) == 1

    async def test_delete_forgets(self, cache: Cache) -> None:
        await cache.put("key", b"value", ttl_s=_LONG_S)
        await cache.delete("key")
        await cache.delete("key")
        assert await cache.get("key") is None

    async def test_messages_arrive_in_order(self, cache: Cache) -> None:
        async with cache.subscribe("channel") as messages:
            for n in range(100):
                await cache.publish("channel", str(n).encode())
            received = [await anext(messages) for _ in range(100)]
        assert received == [str(n).encode() for n in range(100)]

    async def test_every_listener_hears_its_own_channel_only(self, cache: Cache) -> None:
        async with AsyncExitStack() as stack:
            one = await stack.enter_async_context(cache.subscribe("one"))
            also_one = await stack.enter_async_context(cache.subscribe("one"))
            two = await stack.enter_async_context(cache.subscribe("two"))
            await cache.publish("one", b"1")
            await cache.publish("two", b"2")
            assert [await anext(one), await anext(also_one), await anext(two)] == [b"1", b"1", b"2"]

    async def test_nobody_need_listen(self, cache: Cache) -> None:
        await cache.publish("channel", b"lost")
        async with cache.subscribe("channel") as messages:
            await cache.publish("channel", b"heard")
            assert await anext(messages) == b"heard"

    async def test_a_listener_can_be_cancelled_and_listen_again(self, cache: Cache) -> None:
        async with cache.subscribe("channel") as messages:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await anext(messages)
            await cache.publish("channel", b"heard")
            assert await anext(messages) == b"heard"

    async def test_ping_returns(self, cache: Cache) -> None:
        await cache.ping()


class ExclusiveCacheConformance:
    """Subclass it with the fixtures `exclusive` and `elapse`."""

    async def test_replace_keeps_what_the_holder_says(self, exclusive: ExclusiveCache) -> None:
        await exclusive.add("key", b"\x00mine\r\n", ttl_s=_LONG_S)
        assert await exclusive.replace("key", b"done", held=b"\x00mine\r\n", ttl_s=_LONG_S)
        assert await exclusive.get("key") == b"done"

    async def test_replace_leaves_what_another_holds(self, exclusive: ExclusiveCache) -> None:
        await exclusive.add("key", b"another's", ttl_s=_LONG_S)
        assert not await exclusive.replace("key", b"done", held=b"mine", ttl_s=_LONG_S)
        assert await exclusive.get("key") == b"another's"

    async def test_replace_puts_nothing_where_nothing_is(self, exclusive: ExclusiveCache) -> None:
        assert not await exclusive.replace("key", b"done", held=b"", ttl_s=_LONG_S)
        assert await exclusive.get("key") is None

    async def test_replace_renews(self, exclusive: ExclusiveCache, elapse: Elapse) -> None:
        await exclusive.add("key", b"mine", ttl_s=_SHORT_S)
        assert await exclusive.replace("key", b"mine", held=b"mine", ttl_s=_LONG_S)
        await elapse(2 * _SHORT_S)
        assert await exclusive.get("key") == b"mine"

    async def test_what_has_expired_is_not_replaced(
        self, exclusive: ExclusiveCache, elapse: Elapse
    ) -> None:
        await exclusive.add("key", b"mine", ttl_s=_SHORT_S)
        await elapse(2 * _SHORT_S)
        assert not await exclusive.replace("key", b"mine", held=b"mine", ttl_s=_LONG_S)
        assert await exclusive.get("key") is None

    async def test_what_was_replaced_expires(
        self, exclusive: ExclusiveCache, elapse: Elapse
    ) -> None:
        await exclusive.add("key", b"mine", ttl_s=_LONG_S)
        await exclusive.replace("key", b"done", held=b"mine", ttl_s=_SHORT_S)
        await elapse(2 * _SHORT_S)
        assert await exclusive.get("key") is None

    async def test_a_lease_that_is_not_positive_is_refused(self, exclusive: ExclusiveCache) -> None:
        with pytest.raises(ValueError, match="ttl_s"):
            await exclusive.replace("key", b"value", held=b"value", ttl_s=0)

    async def test_remove_forgets_what_the_holder_has(self, exclusive: ExclusiveCache) -> None:
        await exclusive.add("key", b"mine", ttl_s=_LONG_S)
        assert not await exclusive.remove("key", held=b"another's")
        assert await exclusive.get("key") == b"mine"
        assert await exclusive.remove("key", held=b"mine")
        assert not await exclusive.remove("key", held=b"mine")
        assert await exclusive.get("key") is None

    async def test_of_many_replaces_at_once_one_wins(self, exclusive: ExclusiveCache) -> None:
        await exclusive.add("key", b"free", ttl_s=_LONG_S)
        replaces = (
            exclusive.replace("key", str(n).encode(), held=b"free", ttl_s=_LONG_S)
            for n in range(50)
        )
        assert sum(await asyncio.gather(*replaces)) == 1
