"""What every registry must do."""

from dataclasses import replace

import pytest

from ai4v.ports.registry import Instance, Registry
from tests.support.clock import Elapse

ASR_1 = Instance("asr", "asr-1", "http://127.0.0.1:8087")
ASR_2 = Instance("asr", "asr-2", "http://127.0.0.1:8187")
AUTH = Instance("auth", "auth-1", "http://127.0.0.1:8081")
_LONG_S = 60.0
_SHORT_S = 0.2


class RegistryConformance:
    """Subclass it with the fixtures `registry` and `elapse`."""

    async def test_an_unknown_service_has_no_instances(self, registry: Registry) -> None:
        assert await registry.instances("nothing") == ()

    async def test_instances_are_listed_by_service_and_sorted(self, registry: Registry) -> None:
        for instance in (ASR_2, AUTH, ASR_1):
            await registry.register(instance, lease_s=_LONG_S)
        assert await registry.instances("asr") == (ASR_1, ASR_2)
        assert await registry.instances("auth") == (AUTH,)

    async def test_registering_again_lists_once_with_the_new_address(
        self, registry: Registry
    ) -> None:
        await registry.register(ASR_1, lease_s=_LONG_S)
        moved = replace(ASR_1, base_url="http://[::1]:9000")
        await registry.register(moved, lease_s=_LONG_S)
        assert await registry.instances("asr") == (moved,)

    async def test_deregister_unlists_one(self, registry: Registry) -> None:
        await registry.register(ASR_1, lease_s=_LONG_S)
        await registry.register(ASR_2, lease_s=_LONG_S)
        await registry.deregister(ASR_1)
        await registry.deregister(ASR_1)
        assert await registry.instances("asr") == (ASR_2,)

    async def test_a_lease_runs_out(self, registry: Registry, elapse: Elapse) -> None:
        await registry.register(ASR_1, lease_s=_SHORT_S)
        await registry.register(ASR_2, lease_s=_LONG_S)
        await elapse(2 * _SHORT_S)
        assert await registry.instances("asr") == (ASR_2,)

    async def test_the_only_lease_runs_out(self, registry: Registry, elapse: Elapse) -> None:
        await registry.register(ASR_1, lease_s=_SHORT_S)
        await elapse(2 * _SHORT_S)
        assert await registry.instances("asr") == ()

    async def test_renewing_keeps_it_listed(self, registry: Registry, elapse: Elapse) -> None:
        await registry.register(ASR_1, lease_s=_SHORT_S)
        await registry.register(ASR_1, lease_s=_LONG_S)
        await elapse(2 * _SHORT_S)
        assert await registry.instances("asr") == (ASR_1,)

    async def test_a_lease_that_is_not_positive_is_refused(self, registry: Registry) -> None:
        with pytest.raises(ValueError, match="lease_s"):
            await registry.register(ASR_1, lease_s=0)

    async def test_changes_are_announced_and_renewals_are_not(self, registry: Registry) -> None:
        async with registry.changes() as changes:
            await registry.register(ASR_1, lease_s=_LONG_S)
            await registry.register(ASR_1, lease_s=_LONG_S)
            await registry.deregister(AUTH)
            await registry.register(AUTH, lease_s=_LONG_S)
            await registry.deregister(ASR_1)
            assert [await anext(changes) for _ in range(3)] == ["asr", "auth", "asr"]

    async def test_coming_back_after_the_lease_ran_out_is_announced(
        self, registry: Registry, elapse: Elapse
    ) -> None:
        await registry.register(ASR_1, lease_s=_SHORT_S)
        await elapse(2 * _SHORT_S)
        async with registry.changes() as changes:
            await registry.register(ASR_1, lease_s=_LONG_S)
            assert await anext(changes) == "asr"
        assert await registry.instances("asr") == (ASR_1,)
