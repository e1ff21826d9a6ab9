"""R7 goodput under overload, R8 fairness between keys: one gateway, one replica of eight places."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.support.chaos.figure import tell
from tests.support.chaos.load import Callers
from tests.support.chaos.scope import IS_FULL, choose
from tests.support.chaos.town import Town, choose_seed, open_town

pytestmark = pytest.mark.connected

_PLACES = 8
_WORK_S = 0.1
_CAPACITY = _PLACES / _WORK_S


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    choose_seed()
    async with open_town({"gateway": 1, "nmt": 1}) as opened:
        await opened.behave("nmt", delay_s=_WORK_S, places=_PLACES)
        yield opened


async def _callers(town: Town) -> Callers:
    _, key = await town.make_key(await town.sign_in())
    return Callers([town.address("gateway")], key)


async def test_r7_goodput_under_three_times_what_can_be_done(town: Town) -> None:
    calm = await (await _callers(town)).steady(per_s=_CAPACITY / 2, seconds=choose(2.0, 5.0))
    keys = [await _callers(town) for _ in range(4)]
    seconds = choose(6.0, 30.0)
    await asyncio.gather(
        *(callers.steady(per_s=3 * _CAPACITY / len(keys), seconds=seconds) for callers in keys)
    )
    operations = [item for callers in keys for item in callers.operations]
    admitted = [item.seconds for item in operations if item.is_ok]
    shed = sorted(item.seconds for item in operations if item.status == 503)
    ended = max(item.ended_s for item in operations) - min(item.began_s for item in operations)
    goodput = len(admitted) / ended / _CAPACITY
    admitted_p99 = sorted(admitted)[int(len(admitted) * 0.99)]
    shed_p50 = shed[len(shed) // 2] if shed else 0.0
    tell(
        "R7",
        goodput_share=goodput,
        calm_p99_ms=calm.percentile(0.99) * 1000,
        admitted_p99_ms=admitted_p99 * 1000,
        shed_p50_ms=shed_p50 * 1000,
    )
    assert {item.status for item in operations} <= {200, 503}
    assert all(item.retry_after_s for item in operations if item.status == 503)
    assert goodput > choose(0.6, 0.9)
    if IS_FULL:
        assert admitted_p99 <= 2 * calm.percentile(0.99)
        assert shed_p50 < 0.15


async def test_r8_a_flood_by_one_key_does_not_starve_another(town: Town) -> None:
    calm = await _callers(town)
    alone = await calm.steady(per_s=_CAPACITY / 5, seconds=choose(2.0, 5.0))
    flooding, modest = await _callers(town), await _callers(town)
    seconds = choose(6.0, 20.0)
    flood = asyncio.create_task(flooding.steady(per_s=4 * _CAPACITY, seconds=seconds + 1))
    await asyncio.sleep(1.0)
    history = await modest.steady(per_s=_CAPACITY / 5, seconds=seconds)
    await flood
    tell(
        "R8",
        modest_success=history.success,
        modest_p99_ms=history.percentile(0.99) * 1000,
        alone_p99_ms=alone.percentile(0.99) * 1000,
        flood_success=flooding.history.success,
    )
    assert history.success >= choose(0.8, 0.99)
    assert history.success > 2 * flooding.history.success
    if IS_FULL:
        assert history.percentile(0.99) <= 2 * alone.percentile(0.99)
