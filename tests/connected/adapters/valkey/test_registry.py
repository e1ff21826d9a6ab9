"""The registry on a real server."""

import asyncio

import pytest

from ai4v.adapters.valkey.connection import ValkeyConnection
from ai4v.adapters.valkey.registry import ValkeyRegistry
from ai4v.kit.discovery import Directory, DirectoryTimes, Lease, LeaseTimes
from ai4v.ports.registry import RegistryUnavailableError
from tests.conformance.registry import ASR_1, ASR_2, RegistryConformance
from tests.support.poll import until
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
