"""The registry that believes the platform alone: a registry like any other, and forgeries."""

from dataclasses import replace

import pytest

from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.kit.seal import Seal
from ai4v.kit.sealedregistry import SealedRegistry
from tests.conformance.registry import ASR_1, ASR_2, AUTH, RegistryConformance
from tests.support.clock import Elapse, ManualClock
from tests.support.seal import make_seal


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(clock: ManualClock) -> MemoryRegistry:
    return MemoryRegistry(clock)


@pytest.fixture
def registry(store: MemoryRegistry, clock: ManualClock) -> SealedRegistry:
    return SealedRegistry(store, make_seal(clock))


class TestSealedRegistry(RegistryConformance):
    @pytest.fixture
    def elapse(self, clock: ManualClock) -> Elapse:
        return clock.elapse


async def test_what_others_list_is_not_there(
    store: MemoryRegistry, registry: SealedRegistry
) -> None:
    await registry.register(ASR_1, lease_s=60)
    await store.register(ASR_2, lease_s=60)
    await SealedRegistry(store, Seal("x" * 32)).register(AUTH, lease_s=60)
    assert await registry.instances("asr") == (ASR_1,)
    assert await registry.instances("auth") == ()


async def test_what_was_moved_is_not_there(store: MemoryRegistry, registry: SealedRegistry) -> None:
    await registry.register(ASR_1, lease_s=60)
    (sealed,) = await store.instances("asr")
    await store.register(replace(sealed, service="auth"), lease_s=60)
    await store.register(replace(sealed, instance_id="asr-9"), lease_s=60)
    assert await registry.instances("auth") == ()
    assert await registry.instances("asr") == (ASR_1,)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "", "\ud800", "नमस्ते"])
async def test_another_address_is_not_there(
    store: MemoryRegistry, registry: SealedRegistry, address: str
) -> None:
    await registry.register(ASR_1, lease_s=60)
    (sealed,) = await store.instances("asr")
    await store.register(replace(sealed, base_url=address), lease_s=60)
    assert await registry.instances("asr") == ()
    await store.register(replace(sealed, base_url=sealed.base_url + address), lease_s=60)
    assert await registry.instances("asr") == (() if address else (ASR_1,))


async def test_one_that_left_is_not_kept_by_others(
    store: MemoryRegistry, registry: SealedRegistry, clock: ManualClock
) -> None:
    await registry.register(ASR_1, lease_s=10)
    (sealed,) = await store.instances("asr")
    clock.advance(71)
    await store.register(sealed, lease_s=60)
    assert await registry.instances("asr") == ()


async def test_renewing_renews_the_seal(
    store: MemoryRegistry, registry: SealedRegistry, clock: ManualClock
) -> None:
    for _ in range(100):
        await registry.register(ASR_1, lease_s=10)
        clock.advance(3)
    assert await registry.instances("asr") == (ASR_1,)
