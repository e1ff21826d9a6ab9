"""R9: a second try for what is late, where the operator asked for it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.chaos.figure import tell
from tests.support.chaos.history import History
from tests.support.chaos.load import Callers
from tests.support.chaos.scope import choose
from tests.support.chaos.town import Town, choose_seed, open_town

pytestmark = [pytest.mark.connected, pytest.mark.asyncio(loop_scope="module")]

_REPLICAS = ("nmt", "nmt-2")
_PER_S = 40
_LEARNING = 160
"""Requests until the gateway knows how long answers take."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town() -> AsyncIterator[Town]:
    choose_seed()
    hedging = {"gateway": {"AI4V_GATEWAY_HEDGED_SERVICES": "nmt"}}
    async with open_town({"gateway": 2, "nmt": 2}, own=hedging) as opened:
        yield opened


async def test_r9_stalls_are_hidden_by_a_second_try(town: Town) -> None:
    """One gateway hedges, the other does not; both ask the same replicas at once.

    Each has a key of its own, and so its even share of the stalls.
    """
    user = await town.sign_in()
    keys = [(await town.make_key(user))[1] for _ in range(2)]
    for name in _REPLICAS:
        await town.behave(name, delay_s=0.03, is_lame=True)
    seconds = choose(8.0, 30.0)
    before = await _total(town, "requests")
    hedged, plain = await asyncio.gather(
        _load(town.address("gateway"), keys[0], seconds),
        _load(town.address("gateway-2"), keys[1], seconds),
    )
    asked = await _total(town, "requests") - before
    extra = asked - 2 * _LEARNING - len(hedged.operations + plain.operations)
    p99_s, plain_p99_s = hedged.percentile(0.99), plain.percentile(0.99)
    tell(
        "R9",
        p99_ms=p99_s * 1000,
        plain_p99_ms=plain_p99_s * 1000,
        better=plain_p99_s / p99_s,
        extra_share=extra / len(hedged.operations),
        given_up=float(await _total(town, "cancelled")),
    )
    assert hedged.success == plain.success == 1.0
    assert choose(2, 5) * p99_s <= plain_p99_s
    assert 0 < extra <= 0.05 * (len(hedged.operations) + _LEARNING) + 3
    assert await _total(town, "cancelled") > 0


async def _load(gateway: str, key: str, seconds: float) -> History:
    """Ask until the gateway has learned how long answers take, and then for so long."""
    learning = Callers([gateway], key, has_idempotency_keys=True)
    await learning.steady(per_s=_PER_S, seconds=_LEARNING / _PER_S)
    callers = Callers([gateway], key, has_idempotency_keys=True)
    return await callers.steady(per_s=_PER_S, seconds=seconds)


async def _total(town: Town, what: str) -> int:
    return sum([int(str((await town.account(name))[what])) for name in _REPLICAS])
