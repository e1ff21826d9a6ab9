"""Leases of idempotency keys: held while they are renewed, and by one at a time."""

import asyncio
from contextlib import suppress

import pytest

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.ports.cache import CacheUnavailableError
from ai4v.services.gateway.passage.idempotency import ConflictError, KeptAnswer, Ledger
from tests.support.clock import ManualClock

LEASE_S = 5.0


class FlakyCache(MemoryCache):
    """Down whenever it is said so."""

    is_down = False
    replaces = 0

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.was_busy = asyncio.Event()

    async def replace(self, key: str, value: bytes, *, held: bytes, ttl_s: float) -> bool:
        self.replaces += 1
        if self.replaces >= 3:
            self.was_busy.set()
        if self.is_down:
            raise CacheUnavailableError("down")
        return await super().replace(key, value, held=held, ttl_s=ttl_s)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def cache(clock: ManualClock) -> FlakyCache:
    return FlakyCache(clock)


def make_answer(body: bytes) -> KeptAnswer:
    return KeptAnswer("same", 200, (), body)


async def test_a_key_under_way_is_held_for_as_long_as_it_is_renewed(
    cache: FlakyCache, clock: ManualClock
) -> None:
    here, elsewhere = Ledger(cache), Ledger(cache)
    entry = here.open("user", "k-1")
    assert await entry.take() is None
    for _ in range(10):
        clock.advance(LEASE_S * 0.9)
        await here.renew()
    with pytest.raises(ConflictError):
        await elsewhere.open("user", "k-1").take()
    await entry.keep(make_answer(b"done"))
    assert await elsewhere.open("user", "k-1").take() == make_answer(b"done")


async def test_a_renewal_that_fails_is_made_again(cache: FlakyCache, clock: ManualClock) -> None:
    ledger = Ledger(cache)
    await ledger.open("user", "k-1").take()
    cache.is_down = True
    await ledger.renew()
    cache.is_down = False
    clock.advance(LEASE_S * 0.9)
    await ledger.renew()
    clock.advance(LEASE_S * 0.9)
    with pytest.raises(ConflictError):
        await ledger.open("user", "k-1").take()


@pytest.mark.parametrize("end", ["keep", "release"])
async def test_what_is_over_is_renewed_no_more(cache: FlakyCache, end: str) -> None:
    ledger = Ledger(cache)
    entry = ledger.open("user", "k-1")
    await entry.take()
    await (entry.release() if end == "release" else entry.keep(make_answer(b"done")))
    before = cache.replaces
    await ledger.renew()
    assert cache.replaces == before


async def test_who_lost_its_lease_frees_nothing_and_keeps_nothing(
    cache: FlakyCache, clock: ManualClock
) -> None:
    paused, other = Ledger(cache).open("user", "k-1"), Ledger(cache).open("user", "k-1")
    await paused.take()
    clock.advance(LEASE_S + 0.1)
    assert await other.take() is None
    with pytest.raises(ConflictError):
        await paused.keep(make_answer(b"late"))
    await paused.release()
    assert await other.keep(make_answer(b"first")) == make_answer(b"first")
    assert await paused.keep(make_answer(b"late")) == make_answer(b"first")


async def test_a_lease_that_ran_out_unnoticed_does_no_harm(
    cache: FlakyCache, clock: ManualClock
) -> None:
    ledger = Ledger(cache)
    entry = ledger.open("user", "k-1")
    await entry.take()
    clock.advance(LEASE_S + 0.1)
    assert await entry.keep(make_answer(b"done")) == make_answer(b"done")
    assert await ledger.open("user", "k-1").take() == make_answer(b"done")


async def test_leases_are_renewed_while_it_runs(cache: FlakyCache) -> None:
    ledger = Ledger(cache, renewal_s=0)
    await ledger.open("user", "k-1").take()
    running = asyncio.create_task(ledger.run())
    await cache.was_busy.wait()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
