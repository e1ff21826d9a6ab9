"""What runs beside a service goes on after a surprise, in simulated time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import pytest

from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.kit.balance import Balancer
from ai4v.kit.balance.patrol import Patrol
from ai4v.kit.balance.probe import UpstreamProber
from ai4v.kit.discovery import Directory, DirectoryTimes, Lease
from ai4v.kit.loader import EngineLoader, EngineUnavailableError
from ai4v.kit.sweeper import Sweeper, SweepTimes
from ai4v.ports.registry import Instance
from tests.conformance.registry import ASR_1, ASR_2
from tests.support.fleet import Servers
from tests.support.simulation import LoopClock, simulate

_PUSH_ONLY = DirectoryTimes(poll_s=86_400.0)


@dataclass
class Bug:
    """Strikes in so many calls."""

    left: int = 0

    def strike(self) -> None:
        if self.left:
            self.left -= 1
            raise ValueError("a surprise")


class BuggyRegistry(MemoryRegistry):
    """Fails in what its name says, once the test gives it a bug."""

    def __init__(self) -> None:
        super().__init__(LoopClock())
        self.on_register, self.on_look, self.on_listen = Bug(), Bug(), Bug()

    async def register(self, instance: Instance, *, lease_s: float) -> None:
        self.on_register.strike()
        await super().register(instance, lease_s=lease_s)

    async def instances(self, service: str) -> tuple[Instance, ...]:
        self.on_look.strike()
        return await super().instances(service)

    def changes(self) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        self.on_listen.strike()
        return super().changes()


class BuggyRequests:
    """Fails the first time; knows when it was asked."""

    def __init__(self) -> None:
        self.bug = Bug(1)
        self.asked_s: list[float] = []

    async def abandon(self, *, alive: Sequence[str] | None, lease_s: float, grace_s: float) -> int:
        del alive, lease_s, grace_s
        self.asked_s.append(LoopClock().monotonic_s())
        self.bug.strike()
        return 0


class BuggyBalancer(Balancer):
    """Fails the first times that it is asked who is silent."""

    bug = Bug()

    def find_silent(self) -> list[Instance]:
        self.bug.strike()
        return super().find_silent()


class BuggyEngine:
    """Does not load the first time, by a bug of its own."""

    def __init__(self) -> None:
        self.bug = Bug(1)

    async def load(self) -> None:
        self.bug.strike()

    async def ping(self) -> None:
        return None


def test_a_lease_is_kept() -> None:
    async def story() -> None:
        registry = BuggyRegistry()
        async with Lease(registry, ASR_1):
            registry.on_register.left = 2
            await asyncio.sleep(60)
            assert await registry.instances("asr") == (ASR_1,)

    simulate(story())


def test_a_lease_whose_beginning_fails_is_taken_at_the_next_heartbeat() -> None:
    async def story() -> None:
        registry = BuggyRegistry()
        registry.on_register.left = 1
        async with Lease(registry, ASR_1):
            assert await registry.instances("asr") == ()
            await asyncio.sleep(5)
            assert await registry.instances("asr") == (ASR_1,)

    simulate(story())


def test_a_directory_goes_on_looking() -> None:
    async def story() -> None:
        registry = BuggyRegistry()
        await registry.register(ASR_1, lease_s=5)
        await registry.register(ASR_2, lease_s=3_600)
        async with Directory(registry, ["asr"], clock=LoopClock()) as directory:
            await asyncio.sleep(1)
            registry.on_look.left = 2
            await asyncio.sleep(60)
            assert directory.instances("asr") == (ASR_2,)

    simulate(story())


def test_a_directory_goes_on_listening() -> None:
    async def story() -> None:
        registry = BuggyRegistry()
        registry.on_listen.left = 2
        async with Directory(registry, ["asr"], times=_PUSH_ONLY) as directory:
            await asyncio.sleep(10)
            await registry.register(ASR_1, lease_s=60)
            await asyncio.sleep(1)
            assert directory.instances("asr") == (ASR_1,)

    simulate(story())


def test_a_patrol_goes_its_round_again() -> None:
    async def story() -> None:
        balancer = BuggyBalancer(servers := Servers("asr", 1), LoopClock())
        balancer.bug = Bug(3)
        async with Patrol(balancer, UpstreamProber(servers)):
            await asyncio.sleep(10)
        assert balancer.bug.left == 0

    simulate(story())


def test_a_sweeper_sweeps_again() -> None:
    async def story() -> None:
        requests = BuggyRequests()
        times = SweepTimes(interval_s=15, lease_s=15, grace_s=30)
        sweeper = Sweeper(requests, MemoryRegistry(LoopClock()), ASR_1, times)
        running = asyncio.create_task(sweeper.run())
        await asyncio.sleep(40)
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()
        assert [asked_s - requests.asked_s[0] for asked_s in requests.asked_s] == [0, 15, 30]

    simulate(story())


def test_an_engine_is_loaded_later_and_nobody_waits_for_that() -> None:
    async def story() -> None:
        loader = EngineLoader("kokoro", BuggyEngine(), retry_s=30)
        running = asyncio.create_task(loader.run())
        await asyncio.wait_for(loader.wait_until_tried(), 1)
        with pytest.raises(EngineUnavailableError, match="the kokoro cannot be loaded"):
            loader.require()
        await running
        assert loader.is_loaded

    simulate(story())
