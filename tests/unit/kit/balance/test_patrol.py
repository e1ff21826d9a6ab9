"""Who is asked for its health, and what follows, in simulated time."""

import asyncio

import pytest

from ai4v.kit.balance import Balancer, Failure
from ai4v.kit.balance.outcome import report_status
from ai4v.kit.balance.patrol import Patrol
from ai4v.kit.balance.probe import UpstreamProber
from ai4v.ports.registry import Instance
from tests.support.fleet import Servers
from tests.support.simulation import LoopClock, chance, simulate


class _Round:
    """Two instances, a balancer and its patrol."""

    def __init__(self) -> None:
        self.servers = Servers("asr", 2)
        self.balancer = Balancer(self.servers, LoopClock(), random=chance(3))
        self.patrol = Patrol(self.balancer, UpstreamProber(self.servers))

    @property
    def ejected(self) -> int:
        return sum(state.ejected for state in self.balancer.states())

    def fail(self, failure: Failure, times: int) -> None:
        """Have the first instance fail."""
        for _ in range(times):
            self.balancer.take("asr", avoid=frozenset({"asr-1"})).fail(failure)


@pytest.mark.parametrize(
    ("failure", "times", "cured"),
    [(Failure.REFUSED, 1, 1), (Failure.BROKEN, 5, 1), (Failure.ERROR, 5, 0)],
)
def test_health_brings_back_those_it_can_speak_for(
    failure: Failure, times: int, cured: int
) -> None:
    async def story() -> None:
        scene = _Round()
        scene.fail(failure, times)
        assert scene.ejected == 1
        async with scene.patrol:
            await asyncio.sleep(0.6)
        assert scene.ejected == 1 - cured
        assert scene.servers[0].health_asked == cured

    simulate(story())


def test_one_that_is_still_away_is_asked_once_a_second() -> None:
    async def story() -> None:
        scene = _Round()
        scene.fail(Failure.BROKEN, 5)
        scene.servers[0].awake.clear()
        async with scene.patrol:
            await asyncio.sleep(10)
            assert scene.ejected == 1
            assert 8 <= scene.servers[0].health_asked <= 10
            scene.servers[0].awake.set()
            await asyncio.sleep(1.3)
            assert scene.ejected == 0

    simulate(story())


def test_one_that_hangs_is_ejected_and_those_who_wait_are_told() -> None:
    async def story() -> None:
        scene = _Round()
        turn = scene.balancer.take("asr", avoid=frozenset({"asr-1"}))
        told = asyncio.Event()
        turn.watch(told.set)
        scene.servers[0].awake.clear()
        async with scene.patrol:
            await asyncio.wait_for(told.wait(), 2)
            assert turn.is_lost
            assert scene.ejected == 1
            turn.abandon()

    simulate(story())


def test_one_that_is_slow_and_lives_is_left_in() -> None:
    async def story() -> None:
        scene = _Round()
        turn = scene.balancer.take("asr", avoid=frozenset({"asr-1"}))
        async with scene.patrol:
            await asyncio.sleep(10)
        assert not turn.is_lost
        assert scene.ejected == 0
        assert scene.servers[0].health_asked == pytest.approx(9, abs=2)
        assert scene.servers[1].health_asked == 0

    simulate(story())


def test_nothing_runs_after_it_is_closed() -> None:
    async def story() -> None:
        scene = _Round()
        turn = scene.balancer.take("asr", avoid=frozenset({"asr-1"}))
        scene.servers[0].awake.clear()
        async with scene.patrol:
            await asyncio.sleep(0.9)
        assert len(asyncio.all_tasks()) == 1
        turn.abandon()

    simulate(story())


@pytest.mark.parametrize(
    ("status", "ejected"),
    [(500, 1), (503, 1), (501, 0), (504, 0), (505, 0), (404, 0), (429, 0)],
)
def test_what_a_status_says(status: int, ejected: int) -> None:
    async def story() -> None:
        scene = _Round()
        for _ in range(5):
            turn = scene.balancer.take("asr", avoid=frozenset({"asr-1"}))
            report_status(turn, status, has_retry_after=False)
        assert scene.ejected == ejected

    simulate(story())


def test_an_instance_that_is_gone_is_no_matter() -> None:
    async def story() -> None:
        scene = _Round()
        scene.balancer.take("asr").abandon()
        stranger = Instance("asr", "stranger", "http://stranger")
        scene.balancer.eject_hung(stranger)
        scene.balancer.readmit(stranger)
        assert scene.ejected == 0

    simulate(story())
