"""Who is let in, who waits and who is refused, one by one."""

import asyncio
from collections.abc import Coroutine

import pytest

from ai4v.contracts.error import DeadlineExceededError, PlatformError
from ai4v.services.gateway.attempt.shedding import (
    OverloadError,
    Permit,
    Reason,
    Shedder,
    ShedPolicy,
    SilentShedObserver,
)
from tests.support.simulation import LoopClock, SimulatedDeadline, simulate


class _Notes(SilentShedObserver):
    def __init__(self) -> None:
        self.reasons: list[Reason] = []

    def note_shed(self, service: str, reason: Reason) -> None:
        assert service == "asr"
        self.reasons.append(reason)


def _narrow(places: int) -> tuple[Shedder, _Notes]:
    notes = _Notes()
    policy = ShedPolicy(first_limit=places, least_limit=places)
    return Shedder(policy, LoopClock(), notes), notes


async def _fill(shedder: Shedder, subject: str, count: int) -> list[Permit]:
    return [await shedder.enter("asr", subject, SimulatedDeadline(10)) for _ in range(count)]


class TestEntry:
    def test_it_does_not_yield_while_there_are_places(self) -> None:
        async def story() -> None:
            shedder, _ = _narrow(4)
            entering = shedder.enter("asr", "a", SimulatedDeadline(1))
            with pytest.raises(StopIteration) as end:
                entering.send(None)
            end.value.value.release(is_success=True)

        simulate(story())

    def test_a_permit_is_given_back_once(self) -> None:
        async def story() -> None:
            shedder, _ = _narrow(4)
            permits = await _fill(shedder, "a", 2)
            for _ in range(3):
                permits[0].release(is_success=True)
                permits[0].forget()
            assert shedder.states()[0].inside == 1

        simulate(story())

    def test_a_refusal_is_503_and_says_when_to_come_back(self) -> None:
        async def story() -> PlatformError:
            shedder, notes = _narrow(1)
            await _fill(shedder, "a", 1)
            with pytest.raises(OverloadError) as refusal:
                await shedder.enter("asr", "a", SimulatedDeadline(10))
            assert notes.reasons == [Reason.OVERDUE]
            return refusal.value

        error = simulate(story())
        assert (error.status, error.code) == (503, "SERVICE_UNAVAILABLE")
        assert error.retry_after_s == 1

    def test_a_deadline_that_has_passed(self) -> None:
        async def story() -> None:
            shedder, _ = _narrow(1)
            await _fill(shedder, "a", 1)
            deadline = SimulatedDeadline(0.5)
            await asyncio.sleep(1)
            with pytest.raises(DeadlineExceededError):
                await shedder.enter("asr", "a", deadline)

        simulate(story())

    def test_what_would_come_too_late_is_refused_at_once(self) -> None:
        async def story() -> None:
            shedder, notes = _narrow(1)
            for _ in range(30):
                (permit,) = await _fill(shedder, "a", 1)
                await asyncio.sleep(0.4)
                permit.release(is_success=True)
            limit = shedder.states()[0].limit
            await _fill(shedder, "a", limit)
            began_s = asyncio.get_running_loop().time()
            with pytest.raises(OverloadError):
                await shedder.enter("asr", "b", SimulatedDeadline(0.3))
            assert asyncio.get_running_loop().time() == began_s
            assert notes.reasons == [Reason.LATE]

        simulate(story())

    def test_one_who_asks_for_less_takes_the_place_of_one_who_asks_for_more(self) -> None:
        async def story() -> None:
            shedder, notes = _narrow(4)
            (first, *_) = await _fill(shedder, "a", 4)
            greedy = [_start(shedder, "a") for _ in range(4)]
            meek = [_start(shedder, "b") for _ in range(2)]
            await asyncio.sleep(0.01)
            assert notes.reasons == [Reason.EVICTED] * 2
            assert all(isinstance(task.exception(), OverloadError) for task in greedy[2:])
            first.release(is_success=True)
            (await meek[0]).release(is_success=True)
            (await meek[1]).release(is_success=True)
            for task in greedy[:2]:
                (await task).release(is_success=True)

        simulate(story())

    def test_one_who_is_cancelled_leaves_nothing_behind(self) -> None:
        async def story() -> None:
            shedder, _ = _narrow(1)
            (permit,) = await _fill(shedder, "a", 1)
            waiting = _start(shedder, "b")
            await asyncio.sleep(0.01)
            waiting.cancel()
            permit.release(is_success=True)
            await asyncio.wait([waiting])
            assert waiting.cancelled()
            (state,) = shedder.states()
            assert (state.inside, state.waiting) == (0, 0)
            late = _start(shedder, "b")
            (permit,) = await _fill(shedder, "a", 1)
            await asyncio.sleep(0.01)
            permit.release(is_success=True)
            late.cancel()
            await asyncio.wait([late])
            (state,) = shedder.states()
            assert (state.inside, state.waiting) == (0, 0)

        simulate(story())


def _start(shedder: Shedder, subject: str) -> asyncio.Task[Permit]:
    entering: Coroutine[object, object, Permit]
    entering = shedder.enter("asr", subject, SimulatedDeadline(10))
    return asyncio.create_task(entering, name=subject)
