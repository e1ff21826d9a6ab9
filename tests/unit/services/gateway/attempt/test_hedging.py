"""A second instance for the slow few, in simulated time (R9)."""

import asyncio
from dataclasses import replace

import pytest

from ai4v.services.gateway.attempt.budget import HedgePolicy, RetryPolicy
from ai4v.services.gateway.attempt.hedging import race
from tests.support.simulation import percentile, simulate, tell
from tests.unit.services.gateway.fleetcase import Rig, spread

pytestmark = pytest.mark.no_cover  # so much traffic takes ten times as long when it is traced


def _stall_now_and_then(rig: Rig) -> None:
    """Have 2 % of the calls take 2 s longer, and all 38 to 72 ms."""
    for number, server in enumerate(rig.servers.all):
        server.latency_s = spread(0.055, 300 + number, stall_share=0.02)


async def _run(*, is_on: bool) -> Rig:
    rig = Rig(3, retry=RetryPolicy(hedge=HedgePolicy()) if is_on else RetryPolicy())
    _stall_now_and_then(rig)
    await rig.ask_steadily(60, 60, may_hedge=True)
    assert sum(state.outstanding for state in rig.balancer.states()) == 0
    return rig


def test_stalls_are_hidden_at_little_cost() -> None:
    without, with_hedges = simulate(_run(is_on=False)), simulate(_run(is_on=True))
    slow = percentile([item.took_s for item in without.outcomes], 0.99)
    quick = percentile([item.took_s for item in with_hedges.outcomes], 0.99)
    extra = with_hedges.servers.asked / len(with_hedges.outcomes) - 1
    tell(f"R9: p99 {slow * 1e3:.0f} ms, hedged {quick * 1e3:.0f} ms, {extra:.2%} more load")
    assert without.tally.hedges == 0
    assert quick * 5 <= slow
    assert 0 < extra <= 0.05
    cancelled = sum(server.cancelled for server in with_hedges.servers.all)
    assert cancelled == with_hedges.tally.hedges
    assert all(item.status == 200 for item in with_hedges.outcomes)


@pytest.mark.parametrize("kind", ["unasked", "unrepeatable"])
def test_only_where_it_may_be(kind: str) -> None:
    async def story() -> Rig:
        rig = Rig(3, retry=RetryPolicy(hedge=HedgePolicy()))
        _stall_now_and_then(rig)
        for _ in range(300):
            call = rig.call(is_repeatable=kind == "unasked")
            await rig.ask(replace(call, may_hedge=kind == "unrepeatable"))
        return rig

    assert simulate(story()).tally.hedges == 0


def test_one_instance_is_not_asked_twice() -> None:
    async def story() -> Rig:
        rig = Rig(1, retry=RetryPolicy(hedge=HedgePolicy()))
        _stall_now_and_then(rig)
        await rig.ask_steadily(20, 20, may_hedge=True)
        return rig

    assert simulate(story()).tally.hedges == 0


class _Race:
    """Two runners that do as told."""

    def __init__(self) -> None:
        self.discarded: list[str] = []
        self.cancelled: list[str] = []

    async def run(self, name: str, after_s: float, *, is_failing: bool = False) -> str:
        try:
            await asyncio.sleep(after_s)
        except asyncio.CancelledError:
            self.cancelled.append(name)
            raise
        if is_failing:
            raise ZeroDivisionError(name)
        return name

    async def start(self, first_s: float, second_s: float, *, fails: str = "") -> str:
        return await race(
            self.run("first", first_s, is_failing="1" in fails),
            lambda: self.run("second", second_s, is_failing="2" in fails),
            after_s=1.0,
            is_good=lambda name: name not in fails,
            discard=self.discarded.append,
        )


@pytest.mark.parametrize(
    ("first_s", "second_s", "winner", "cancelled"),
    [
        (0.5, 1.0, "first", []),
        (1.5, 1.0, "first", ["second"]),
        (3.0, 1.0, "second", ["first"]),
    ],
)
def test_the_earlier_wins_and_the_other_is_cancelled(
    first_s: float, second_s: float, winner: str, cancelled: list[str]
) -> None:
    runners = _Race()
    assert simulate(runners.start(first_s, second_s)) == winner
    assert runners.cancelled == cancelled
    assert not runners.discarded


def test_a_bad_result_waits_for_the_other_and_is_discarded() -> None:
    runners = _Race()
    assert simulate(runners.start(1.5, 1.0, fails="first")) == "second"
    assert runners.discarded == ["first"]


def test_when_both_fail_the_first_counts() -> None:
    with pytest.raises(ZeroDivisionError, match="first"):
        simulate(_Race().start(3.0, 1.0, fails="12"))


def test_cancelling_the_race_cancels_both() -> None:
    async def story() -> list[str]:
        runners = _Race()
        running = asyncio.create_task(runners.start(9.0, 9.0), name="race")
        await asyncio.sleep(2)
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()
        return runners.cancelled

    assert sorted(simulate(story())) == ["first", "second"]
