"""Whoever is late is ended, and nobody else, in simulated time."""

import asyncio

import pytest

from ai4v.services.gateway.attempt.countdown import Countdown
from tests.support.simulation import simulate


def _now_s() -> float:
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize(
    ("timeout_s", "late_s"), [(0.0, 0.005), (0.5, 0.005), (1.99, 0.005), (2.0, 0.05), (120, 0.05)]
)
def test_it_rings_in_time(timeout_s: float, late_s: float) -> None:
    async def story() -> float:
        await asyncio.sleep(0.0123)
        began_s = _now_s()
        alarm = Countdown().start(timeout_s)
        with pytest.raises(asyncio.CancelledError):
            await asyncio.Event().wait()
        assert alarm.has_rung
        assert alarm.stop()
        await asyncio.sleep(0)
        return _now_s() - began_s

    assert timeout_s < simulate(story()) <= timeout_s + late_s + 1e-6


def test_what_is_in_time_is_left_alone() -> None:
    async def story() -> None:
        countdown = Countdown()
        for _ in range(100):
            alarm = countdown.start(0.1)
            await asyncio.sleep(0.09)
            assert not alarm.stop()
        await asyncio.sleep(1)

    simulate(story())


def test_a_cancellation_by_somebody_else_is_theirs() -> None:
    async def story() -> None:
        async def work() -> None:
            alarm = Countdown().start(1.0)
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                assert not alarm.stop()
                raise

        task = asyncio.create_task(work(), name="work")
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    simulate(story())


def test_both_at_once_is_a_cancellation() -> None:
    async def story() -> None:
        async def work() -> None:
            alarm = Countdown().start(1.0)
            alarm.ring()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                assert alarm.has_rung
                assert not alarm.stop()
                raise

        task = asyncio.create_task(work(), name="work")
        asyncio.get_running_loop().call_soon(task.cancel)
        await asyncio.wait([task])
        assert task.cancelled()

    simulate(story())


def test_a_stopped_alarm_rings_no_more() -> None:
    async def story() -> None:
        alarm = Countdown().start(1.0)
        alarm.stop()
        alarm.ring()
        await asyncio.sleep(2)
        assert not alarm.has_rung

    simulate(story())
