"""The registry on a real server."""

import asyncio
import time

import pytest

from ai4v.adapters.valkey.connection import ValkeyConnection
from ai4v.adapters.valkey.registry import ValkeyRegistry
from ai4v.kit.discovery import Directory, DirectoryTimes, Lease, LeaseTimes
from ai4v.kit.sealedregistry import SealedRegistry
from ai4v.ports.registry import RegistryUnavailableError
from tests.conformance.registry import ASR_1, ASR_2, RegistryConformance
from tests.support.chaos.figure import tell
from tests.support.clock import ManualClock
from tests.support.poll import until
from tests.support.seal import seal_registry
from tests.support.valkey import PATIENT, ValkeyServer

pytestmark = pytest.mark.connected


class TestValkeyRegistry(RegistryConformance):
    @pytest.fixture
    def registry(self, valkey: ValkeyConnection, namespace: str) -> ValkeyRegistry:
        return ValkeyRegistry(valkey, namespace=namespace)

    async def test_nothing_is_left_when_the_last_lease_has_ended(
        self, registry: ValkeyRegistry, valkey: ValkeyConnection, namespace: str
    ) -> None:
        await registry.register(ASR_1, lease_s=0.4)
        await registry.register(ASR_2, lease_s=0.1)
        keys = [f"{namespace}:registry:{{asr}}:{part}" for part in ("lease", "address")]
        assert await valkey.execute(RegistryUnavailableError, "EXISTS", *keys) == 2

        async def is_gone() -> bool:
            return await valkey.execute(RegistryUnavailableError, "EXISTS", *keys) == 0

        await until(is_gone, timeout_s=5)


class TestSealedValkeyRegistry(RegistryConformance):
    @pytest.fixture
    def registry(self, valkey: ValkeyConnection, namespace: str) -> SealedRegistry:
        return seal_registry(ValkeyRegistry(valkey, namespace=namespace))

    async def test_what_is_no_text_is_not_there(
        self, registry: SealedRegistry, valkey: ValkeyConnection, namespace: str
    ) -> None:
        await registry.register(ASR_1, lease_s=60)
        await registry.register(ASR_2, lease_s=60)
        addresses = f"{namespace}:registry:{{asr}}:address"
        await valkey.execute(RegistryUnavailableError, "HSET", addresses, "asr-1", b"\xff\xfe")
        assert await registry.instances("asr") == (ASR_2,)


async def test_leases_and_directories_survive_a_restart(own_valkey_server: ValkeyServer) -> None:
    server = own_valkey_server
    lease = LeaseTimes(heartbeat_s=0.1, lease_s=5)
    times = DirectoryTimes(poll_s=0.1, retry_s=0.1, doubt_s=5)

    async with ValkeyConnection(server.url, PATIENT) as connection:
        registry = ValkeyRegistry(connection)
        async with (
            Lease(registry, ASR_1, lease),
            Directory(registry, ["asr"], times=times) as directory,
        ):

            async def is_stale() -> bool:
                return directory.is_stale

            async def is_back() -> bool:
                return not directory.is_stale and directory.instances("asr") == (ASR_1, ASR_2)

            server.kill()
            await until(is_stale, timeout_s=10)
            assert directory.instances("asr") == (ASR_1,)
            (server.folder / "appendonlydir").rename(server.folder / "lost")
            await server.start()
            async with Lease(registry, ASR_2, lease):
                await until(is_back, timeout_s=10)


async def test_a_change_is_heard_at_once(valkey: ValkeyConnection, namespace: str) -> None:
    registry = ValkeyRegistry(valkey, namespace=namespace)
    times = DirectoryTimes(poll_s=3_600)
    async with Directory(registry, ["asr"], times=times) as directory:

        async def is_known() -> bool:
            return directory.instances("asr") == (ASR_1,)

        async def is_forgotten() -> bool:
            return directory.instances("asr") == ()

        async with Lease(registry, ASR_1):
            await until(is_known, timeout_s=5)
        await until(is_forgotten, timeout_s=5)


async def test_many_instances_register_at_once(valkey: ValkeyConnection, namespace: str) -> None:
    registry = ValkeyRegistry(valkey, namespace=namespace)
    instances = [
        type(ASR_1)("asr", f"asr-{n:03}", f"http://127.0.0.1:{9_000 + n}") for n in range(100)
    ]
    await asyncio.gather(*(registry.register(instance, lease_s=60) for instance in instances))
    assert await registry.instances("asr") == tuple(instances)


async def test_a_wiped_store_is_filled_again_within_five_seconds(
    own_valkey_server: ValkeyServer,
) -> None:
    """R19: with the times of production; nobody is forgotten meanwhile."""
    async with ValkeyConnection(own_valkey_server.url, PATIENT) as connection:
        registry = ValkeyRegistry(connection)
        async with (
            Lease(registry, ASR_1),
            Lease(registry, ASR_2),
            Directory(registry, ["asr"]) as directory,
        ):
            await connection.execute(RegistryUnavailableError, "FLUSHALL")
            wiped_s = time.monotonic()

            async def is_filled() -> bool:
                assert directory.instances("asr") == (ASR_1, ASR_2)
                return await registry.instances("asr") == (ASR_1, ASR_2)

            await until(is_filled, timeout_s=30)
            took_s = time.monotonic() - wiped_s
    tell("R19", listed_again_s=took_s)
    assert took_s <= 5


@pytest.mark.parametrize("jump_s", [3_600, -3_600])
async def test_a_clock_that_jumps_evicts_nobody(
    valkey: ValkeyConnection, namespace: str, monkeypatch: pytest.MonkeyPatch, jump_s: float
) -> None:
    """R19: leases end on the server's clock, and what is measured here is monotonic."""
    registry = ValkeyRegistry(valkey, namespace=namespace)
    clock = ManualClock()
    async with Directory(registry, ["asr"], clock=clock) as directory:
        await registry.register(ASR_1, lease_s=60)
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + jump_s)
        clock.jump(jump_s)
        await registry.register(ASR_2, lease_s=60)

        async def are_both_known() -> bool:
            return directory.instances("asr") == (ASR_1, ASR_2)

        await until(are_both_known, timeout_s=5)
        assert await registry.instances("asr") == (ASR_1, ASR_2)
        assert await _lease_ms(valkey, namespace) == pytest.approx(60_000, abs=5_000)


async def _lease_ms(valkey: ValkeyConnection, namespace: str) -> int:
    key = f"{namespace}:registry:{{asr}}:lease"
    left = await valkey.execute(RegistryUnavailableError, "PTTL", key)
    assert isinstance(left, int)
    return left
