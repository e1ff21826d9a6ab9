"""R6: who is faster gets more, and those who are alike get the same."""

import asyncio

import pytest

from tests.support.chaos.evenness import evenness
from tests.support.chaos.figure import tell
from tests.support.chaos.history import History
from tests.support.chaos.load import Callers
from tests.support.chaos.scope import IS_FULL, choose
from tests.support.chaos.town import Town, choose_seed, open_town

pytestmark = pytest.mark.connected

_REPLICAS = ("nmt", "nmt-2", "nmt-3")
_CHOOSING, _IN_TURN = "gateway", "gateway-2"
_QUICK_S = 0.15
"""So long that what else runs on the machine makes none look slow."""
_SLOW_S = 10 * _QUICK_S


async def _count(town: Town, history: History) -> list[int]:
    """Return how many of these requests each replica was asked."""
    counts = []
    for name in _REPLICAS:
        by_id = (await town.account(name))["by_id"]
        assert isinstance(by_id, dict)
        counts.append(sum(item.id in by_id for item in history.operations))
    return counts


async def _load(town: Town, key: str, gateway: str, per_s: float, seconds: float) -> History:
    """Ask until the gateway has learned, and then for so long; return the latter."""
    address = [town.address(gateway)]
    await Callers(address, key).steady(per_s=per_s, seconds=choose(3.0, 6.0))
    return await Callers(address, key).steady(per_s=per_s, seconds=seconds)


async def test_r6_slow_replica_gets_little() -> None:
    """Both gateways ask the same replicas at once, so that both bear what disturbs the machine.

    It makes quick ones look slow for some seconds: another round then has to show the figure.
    """
    choose_seed()
    better = 0.0
    in_turn = {_IN_TURN: {"AI4V_GATEWAY_BALANCE": "round-robin"}}
    async with open_town({"gateway": 2, "nmt": 3}, own=in_turn) as town:
        _, key = await town.make_key(await town.sign_in())
        for name in _REPLICAS:
            await town.behave(name, delay_s=_SLOW_S if name == "nmt-3" else _QUICK_S)
        for _ in range(choose(1, 3)):
            better = await _compare(town, key)
            if better >= 2:
                break
    if IS_FULL:
        assert better >= 2


async def _compare(town: Town, key: str) -> float:
    """Load both gateways; return how much better the p99 of the one is that chooses."""
    chosen, turns = await asyncio.gather(
        *(_load(town, key, name, 30, choose(8.0, 20.0)) for name in (_CHOOSING, _IN_TURN))
    )
    share, turns_share = [
        (await _count(town, history))[2] / len(history.operations) for history in (chosen, turns)
    ]
    better = turns.percentile(0.99) / chosen.percentile(0.99)
    tell(
        "R6 slow",
        slow_share=share,
        p99_ms=chosen.percentile(0.99) * 1000,
        in_turn_slow_share=turns_share,
        in_turn_p99_ms=turns.percentile(0.99) * 1000,
        better=better,
    )
    assert chosen.success == turns.success == 1.0
    assert share <= 0.15
    assert turns_share > 0.3
    return better


async def test_r6_equal_replicas_get_equal_shares() -> None:
    choose_seed()
    async with open_town({"gateway": 1, "nmt": 3}) as town:
        _, key = await town.make_key(await town.sign_in())
        for name in _REPLICAS:
            await town.behave(name, delay_s=_QUICK_S)
        history = await _load(town, key, _CHOOSING, 40, choose(6.0, 20.0))
        counts = await _count(town, history)
    chance = evenness(counts)
    tell("R6 equal", counts=str(counts), p=chance)
    assert history.success == 1.0
    assert sum(counts) == len(history.operations)
    assert chance > 0.01
