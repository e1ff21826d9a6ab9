"""The registry in memory."""

import pytest

from ai4v.adapters.memory.registry import MemoryRegistry
from tests.conformance.registry import ASR_1, RegistryConformance
from tests.support.clock import Elapse, ManualClock


class TestMemoryRegistry(RegistryConformance):
    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock()

    @pytest.fixture
    def elapse(self, clock: ManualClock) -> Elapse:
        return clock.elapse

    @pytest.fixture
    def registry(self, clock: ManualClock) -> MemoryRegistry:
        return MemoryRegistry(clock)

    async def test_a_jump_of_the_time_of_day_ends_no_lease(
        self, registry: MemoryRegistry, clock: ManualClock
    ) -> None:
        await registry.register(ASR_1, lease_s=10)
        clock.jump(3_600)
        assert await registry.instances("asr") == (ASR_1,)
