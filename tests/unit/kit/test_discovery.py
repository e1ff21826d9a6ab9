"""Leases and directories, through the memory registry and through one that fails on demand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.kit.directoryfile import DirectoryFile
from ai4v.kit.discovery import Directory, DirectoryTimes, Lease, LeaseTimes
from ai4v.ports.registry import Instance, RegistryUnavailableError
from tests.conformance.registry import ASR_1, ASR_2, AUTH
from tests.support.clock import ManualClock
from tests.support.poll import until

_LEASE = LeaseTimes(heartbeat_s=0.01, lease_s=10)
_QUICK = DirectoryTimes(poll_s=0.01, retry_s=0.01, doubt_s=10)
_PUSH_ONLY = DirectoryTimes(poll_s=3_600, retry_s=0.01, doubt_s=10)


class _Registry:
    """A memory registry that can be down or lose everything."""

    def __init__(self, clock: ManualClock) -> None:
        self.is_down = False
        self._clock = clock
        self._inner = MemoryRegistry(clock)
        self._lost = asyncio.Event()
        self._looks = 0

    def stop(self) -> None:
        """Answer nobody and drop the listeners."""
        self.is_down = True
        self._lost.set()

    def wipe(self) -> None:
        """Come back empty."""
        self._inner = MemoryRegistry(self._clock)
        self.is_down = False
        self._lost = asyncio.Event()

    async def is_looked_at(self) -> None:
        """Wait until a look that begins from now on was taken in."""
        first = self._looks

        async def is_past() -> bool:
            return self._looks > first + 4

        await until(is_past, timeout_s=5)

    async def register(self, instance: Instance, *, lease_s: float) -> None:
        self._check()
        await self._inner.register(instance, lease_s=lease_s)

    async def deregister(self, instance: Instance) -> None:
        self._check()
        await self._inner.deregister(instance)

    async def instances(self, service: str) -> tuple[Instance, ...]:
        self._check()
        self._looks += 1
        return await self._inner.instances(service)

    @asynccontextmanager
    async def changes(self) -> AsyncIterator[AsyncIterator[str]]:
        self._check()
        async with self._inner.changes() as changes:
            yield self._until_lost(changes)

    async def _until_lost(self, changes: AsyncIterator[str]) -> AsyncIterator[str]:
        while True:
            change = asyncio.ensure_future(anext(changes))
            lost = asyncio.ensure_future(self._lost.wait())
            try:
                await asyncio.wait([change, lost], return_when=asyncio.FIRST_COMPLETED)
                self._check()
                yield change.result()
            finally:
                change.cancel()
                lost.cancel()

    def _check(self) -> None:
        if self.is_down:
            raise RegistryUnavailableError("down")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def registry(clock: ManualClock) -> _Registry:
    return _Registry(clock)


async def _lists(registry: _Registry, *instances: Instance) -> None:
    async def is_listed() -> bool:
        return await registry.instances("asr") == instances

    await until(is_listed, timeout_s=5)


async def _knows(directory: Directory, *instances: Instance) -> None:
    async def is_known() -> bool:
        return directory.instances("asr") == instances

    await until(is_known, timeout_s=5)


async def _is_stale(directory: Directory) -> None:
    async def is_stale() -> bool:
        return directory.is_stale

    await until(is_stale, timeout_s=5)


async def _saves(file: DirectoryFile, *instances: Instance) -> None:
    async def is_saved() -> bool:
        return file.load().get("asr", ()) == instances

    await until(is_saved, timeout_s=5)


class TestLease:
    async def test_it_lists_while_open(self, registry: _Registry) -> None:
        async with Lease(registry, ASR_1) as lease:
            assert await registry.instances("asr") == (ASR_1,)
            assert lease.is_held
        assert await registry.instances("asr") == ()
        assert not lease.is_held

    async def test_it_renews(self, registry: _Registry, clock: ManualClock) -> None:
        renewals = asyncio.Event()

        class Watched(_Registry):
            async def register(self, instance: Instance, *, lease_s: float) -> None:
                await registry.register(instance, lease_s=lease_s)
                renewals.set()

        async with Lease(Watched(clock), ASR_1, _LEASE):
            for _ in range(3):
                clock.advance(9)
                renewals.clear()
                await asyncio.wait_for(renewals.wait(), 5)
                assert await registry.instances("asr") == (ASR_1,)

    async def test_it_registers_again_after_a_loss(self, registry: _Registry) -> None:
        async with Lease(registry, ASR_1, _LEASE):
            registry.wipe()
            await _lists(registry, ASR_1)

    async def test_it_opens_and_closes_while_the_registry_is_down(
        self, registry: _Registry
    ) -> None:
        registry.stop()
        async with Lease(registry, ASR_1, _LEASE) as lease:
            assert not lease.is_held
            registry.wipe()
            await _lists(registry, ASR_1)
            registry.stop()

    async def test_it_deregisters_when_its_body_is_cancelled(self, registry: _Registry) -> None:
        is_open = asyncio.Event()

        async def serve() -> None:
            async with Lease(registry, ASR_1, _LEASE):
                is_open.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(serve())
        await is_open.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await registry.instances("asr") == ()


class TestDirectory:
    async def test_it_knows_at_once_what_is_listed(self, registry: _Registry) -> None:
        await registry.register(ASR_1, lease_s=60)
        async with Directory(registry, ["asr", "auth"], times=_PUSH_ONLY) as directory:
            assert directory.instances("asr") == (ASR_1,)
            assert directory.instances("auth") == ()
            assert not directory.is_stale

    async def test_it_hears_of_changes(self, registry: _Registry) -> None:
        async with Directory(registry, ["asr"], times=_PUSH_ONLY) as directory:
            async with Lease(registry, ASR_1):
                await registry.register(AUTH, lease_s=60)
                await _knows(directory, ASR_1)
            await _knows(directory)

    async def test_it_notices_a_lease_that_ran_out(
        self, registry: _Registry, clock: ManualClock
    ) -> None:
        await registry.register(ASR_1, lease_s=5)
        await registry.register(ASR_2, lease_s=60)
        async with Directory(registry, ["asr"], times=_QUICK, clock=clock) as directory:
            clock.advance(6)
            await _knows(directory, ASR_2)

    async def test_it_keeps_what_it_knew_while_the_registry_is_down(
        self, registry: _Registry, clock: ManualClock
    ) -> None:
        await registry.register(ASR_1, lease_s=5)
        async with Directory(registry, ["asr"], times=_QUICK, clock=clock) as directory:
            registry.stop()
            clock.advance(3_600)
            await _is_stale(directory)
            assert directory.instances("asr") == (ASR_1,)
            registry.wipe()
            await registry.register(ASR_2, lease_s=60)
            await _knows(directory, ASR_2)

    async def test_it_doubts_an_empty_answer_that_nobody_announced(
        self, registry: _Registry, clock: ManualClock
    ) -> None:
        await registry.register(ASR_1, lease_s=60)
        async with Directory(registry, ["asr"], times=_QUICK, clock=clock) as directory:
            registry.wipe()
            await registry.is_looked_at()
            assert directory.instances("asr") == (ASR_1,)
            clock.advance(11)
            await _knows(directory)

    async def test_its_doubt_begins_anew_after_a_time_without_answers(
        self, registry: _Registry, clock: ManualClock
    ) -> None:
        await registry.register(ASR_1, lease_s=60)
        async with Directory(registry, ["asr"], times=_QUICK, clock=clock) as directory:
            registry.wipe()
            await registry.is_looked_at()
            registry.stop()
            await _is_stale(directory)
            clock.advance(60)
            registry.wipe()
            await registry.is_looked_at()
            assert directory.instances("asr") == (ASR_1,)
            clock.advance(11)
            await _knows(directory)

    async def test_it_starts_from_its_file_until_the_registry_answers(
        self, registry: _Registry, clock: ManualClock, tmp_path: Path
    ) -> None:
        file = DirectoryFile(tmp_path / "directory.json", clock=clock)
        await registry.register(ASR_1, lease_s=60)
        async with Directory(registry, ["asr"], file=file, times=_QUICK):
            await _saves(file, ASR_1)
            await registry.register(ASR_2, lease_s=60)
            await _saves(file, ASR_1, ASR_2)
            await registry.deregister(ASR_1)
            await _saves(file, ASR_2)
        registry.stop()
        async with Directory(registry, ["asr"], file=file, times=_QUICK) as directory:
            assert directory.instances("asr") == (ASR_2,)
            registry.wipe()
            await registry.register(ASR_1, lease_s=60)
            await _knows(directory, ASR_1)

    async def test_it_doubts_an_empty_answer_against_its_file(
        self, registry: _Registry, clock: ManualClock, tmp_path: Path
    ) -> None:
        file = DirectoryFile(tmp_path / "directory.json", clock=clock)
        file.save({"asr": (ASR_1,), "auth": (AUTH,)})
        watched = ["asr", "auth"]
        async with Directory(registry, watched, file=file, times=_QUICK, clock=clock) as directory:
            await registry.register(AUTH, lease_s=3_600)
            await registry.is_looked_at()
            assert directory.instances("asr") == (ASR_1,)
            assert file.load() == {"asr": (ASR_1,), "auth": (AUTH,)}
            clock.advance(11)
            await _knows(directory)
            await _saves(file)

    async def test_it_writes_again_what_has_not_changed(
        self, registry: _Registry, clock: ManualClock, tmp_path: Path
    ) -> None:
        path = tmp_path / "directory.json"
        file = DirectoryFile(path, clock=clock)
        await registry.register(ASR_1, lease_s=3_600)
        async with Directory(registry, ["asr"], file=file, times=_QUICK, clock=clock):
            await _saves(file, ASR_1)
            path.unlink()
            clock.advance(601)
            await _saves(file, ASR_1)

    async def test_nothing_runs_after_it_is_closed(self, registry: _Registry) -> None:
        before = asyncio.all_tasks()
        async with Directory(registry, ["asr"], times=_QUICK):
            assert len(asyncio.all_tasks()) > len(before)
        assert asyncio.all_tasks() == before
