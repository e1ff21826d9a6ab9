import asyncio
from contextlib import suppress
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from ai4v.contracts.error import ServiceUnavailableError
from ai4v.kit.background import beside, repeat
from tests.support.simulation import simulate


async def test_work_goes_on_beside_the_block_and_ends_with_it() -> None:
    ends = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("ended")

    async with beside("waiting", work()):
        await asyncio.sleep(0)
        assert ends == []
    assert ends == ["ended"]


async def test_what_dies_is_told_at_once_and_raised_at_the_end() -> None:
    async def work() -> None:
        raise ValueError("a surprise")

    async def watch() -> None:
        async with beside("sweeper", work()):
            for _ in range(3):
                await asyncio.sleep(0)
            told.extend((entry["log_level"], entry["name"]) for entry in logs)

    told: list[tuple[str, str]] = []
    with capture_logs() as logs, pytest.raises(ValueError, match="a surprise"):
        await watch()
    assert told == [("error", "sweeper")]


class Work:
    """Turns that end as the test says; the last way again and again."""

    def __init__(self, *ends: Exception | None) -> None:
        self._ends = list(ends)
        self.begun_s: list[float] = []

    async def take_turn(self) -> None:
        self.begun_s.append(asyncio.get_running_loop().time())
        end = self._ends.pop(0) if len(self._ends) > 1 else self._ends[0]
        if end is not None:
            raise end

    @property
    def gaps_s(self) -> list[float]:
        return [round(later - earlier, 3) for earlier, later in pairwise(self.begun_s)]


def run_for(seconds: float, work: Work, *, pause_s: float) -> list[tuple[str, str]]:
    """Repeat for some simulated time; return level and name of what was logged."""

    async def story() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await repeat(work.take_turn, name="work", pause_s=pause_s)

    with capture_logs() as logs:
        simulate(story())
    return [(entry["log_level"], entry["name"]) for entry in logs]


def test_turns_follow_each_other_at_their_pace() -> None:
    work = Work(None)
    assert run_for(7, work, pause_s=3) == []
    assert work.gaps_s == [3, 3]


def test_a_surprise_is_told_and_the_next_turn_taken() -> None:
    work = Work(ValueError("a surprise"), None)
    assert run_for(7, work, pause_s=3) == [("error", "work")]
    assert work.gaps_s == [3, 3]


def test_what_is_down_is_a_warning() -> None:
    work = Work(ServiceUnavailableError("down"), None)
    assert run_for(7, work, pause_s=3) == [("warning", "work")]


def test_each_kind_of_failure_is_told_once_a_spell() -> None:
    bug, other = ValueError("a surprise"), KeyError("another")
    work = Work(bug, other, bug, other, *[None] * 30, bug, bug, None)
    told = run_for(200, work, pause_s=3)
    assert told == [("error", "work")] * 3


def test_work_in_a_hurry_waits_longer_after_each_failure_up_to_a_second() -> None:
    bug = ValueError("a surprise")
    work = Work(*[bug] * 7, None, None, bug, None)
    run_for(6, work, pause_s=0.1)
    assert work.gaps_s[:11] == [0.1, 0.1, 0.2, 0.4, 0.8, 1, 1, 0.1, 0.1, 0.1, 0.1]


def test_it_ends_when_it_is_told_so_after_a_turn() -> None:
    work = Work(ValueError("a surprise"), None)
    simulate(repeat(work.take_turn, name="work", pause_s=1, until=lambda: len(work.begun_s) == 3))
    assert work.gaps_s == [1, 1]


async def test_a_turn_can_be_cancelled() -> None:
    has_begun = asyncio.Event()

    async def take_turn() -> None:
        has_begun.set()
        await asyncio.Event().wait()

    work = asyncio.create_task(repeat(take_turn, name="work", pause_s=0))
    await has_begun.wait()
    work.cancel()
    await asyncio.wait([work])
    assert work.cancelled()
