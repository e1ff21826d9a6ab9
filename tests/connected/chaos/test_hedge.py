"""R9: a second try for what is late, where the operator asked for it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.chaos.figure import tell
from tests.support.chaos.load import Callers
from tests.support.chaos.scope import choose
from tests.support.chaos.town import Town, choose_seed, open_town

pytestmark = [pytest.mark.connected, pytest.mark.asyncio(loop_scope="module")]

_REPLICAS = ("nmt", "nmt-2")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town() -> AsyncIterator[Town]:
    choose_seed()
    hedging = {"AI4V_GATEWAY_HEDGED_SERVICES": "nmt"}
    async with open_town({"gateway": 1, "nmt": 2}, hedging) as opened:
        yield opened


async def test_r9_stalls_are_hidden_by_a_second_try(town: Town) -> None:
    _, key = await town.make_key(await town.sign_in())
    for name in _REPLICAS:
        await town.behave(name, delay_s=0.03, is_lame=True)
    callers = Callers([town.address("gateway")], key, has_idempotency_keys=True)
    await callers.steady(per_s=40, seconds=4.0)
    before = await _asked(town)
    hedged = Callers([town.address("gateway")], key, has_idempotency_keys=True)
    history = await hedged.steady(per_s=40, seconds=choose(6.0, 30.0))
    extra = await _asked(town) - before - len(history.operations)
    tell(
        "R9",
        p99_ms=history.percentile(0.99) * 1000,
        stalled_share=0.02,
        extra_share=extra / len(history.operations),
    )
    assert history.success == 1.0
    assert history.percentile(0.99) <= choose(1.0, 0.4)
    assert extra <= 0.05 * len(history.operations) + 3


async def _asked(town: Town) -> int:
    return sum([int(str((await town.account(name))["requests"])) for name in _REPLICAS])
