import asyncio

from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.kit.clock import SystemClock
from ai4v.kit.health import HealthMonitor
from ai4v.kit.listing import listed
from tests.support.poll import until

_URL = "http://127.0.0.1:1"


class _House:
    def __init__(self) -> None:
        self.registry = MemoryRegistry(SystemClock())
        self.health = HealthMonitor("asr")
        self.is_loaded = asyncio.Event()

    async def load(self) -> None:
        await self.is_loaded.wait()

    async def count(self) -> int:
        return len(await self.registry.instances("asr"))

    async def is_listed(self) -> bool:
        return await self.count() == 1

    async def is_gone(self) -> bool:
        return await self.count() == 0


async def test_it_is_listed_until_it_drains() -> None:
    house = _House()
    async with listed(house.registry, "asr", _URL, house.health) as instance:
        assert await house.registry.instances("asr") == (instance,)
        house.health.begin_drain()
        await until(house.is_gone)


async def test_it_is_listed_once_it_can_work() -> None:
    house = _House()
    async with listed(house.registry, "asr", _URL, house.health, once=house.load) as instance:
        assert await house.count() == 0
        house.is_loaded.set()
        await until(house.is_listed)
        assert await house.registry.instances("asr") == (instance,)
    assert await house.count() == 0


async def test_one_that_drains_before_it_can_work_is_never_listed() -> None:
    house = _House()
    async with listed(house.registry, "asr", _URL, house.health, once=house.load):
        house.health.begin_drain()
        house.is_loaded.set()
        for _ in range(20):
            await asyncio.sleep(0)
            assert await house.count() == 0
