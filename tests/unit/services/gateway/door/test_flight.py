import asyncio

import pytest

from ai4v.services.gateway.door.flight import SharedAnswer, SingleFlight
from tests.support.clock import ManualClock


class Work:
    """Counts how often it is done, and waits until it may end."""

    def __init__(self) -> None:
        self.count = 0
        self.may_end = asyncio.Event()
        self.failure: Exception | None = None

    async def __call__(self) -> int:
        self.count += 1
        count = self.count
        await self.may_end.wait()
        if self.failure:
            raise self.failure
        return count


async def test_those_who_ask_together_share() -> None:
    flight, work = SingleFlight[str, int](), Work()
    asks = [asyncio.create_task(flight.run("a", work)) for _ in range(3)]
    await asyncio.sleep(0)
    work.may_end.set()
    assert await asyncio.gather(*asks) == [1, 1, 1]
    assert await flight.run("a", work) == 2


async def test_keys_do_not_share() -> None:
    flight, work = SingleFlight[str, int](), Work()
    work.may_end.set()
    assert sorted(await asyncio.gather(flight.run("a", work), flight.run("b", work))) == [1, 2]


async def test_a_failure_is_shared_and_not_kept() -> None:
    flight, work = SingleFlight[str, int](), Work()
    work.failure = ValueError("no")
    work.may_end.set()
    results = await asyncio.gather(
        *(flight.run("a", work) for _ in range(2)), return_exceptions=True
    )
    assert results == [work.failure] * 2
    work.failure = None
    assert await flight.run("a", work) == 2


async def test_one_who_gives_up_harms_no_other() -> None:
    flight, work = SingleFlight[str, int](), Work()
    first, second = (asyncio.create_task(flight.run("a", work)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    work.may_end.set()
    assert await second == 1


async def test_closing_ends_what_is_under_way() -> None:
    flight, work = SingleFlight[str, int](), Work()
    asking = asyncio.create_task(flight.run("a", work))
    await asyncio.sleep(0)
    await flight.close()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_shared_answer_is_kept_for_a_while() -> None:
    clock, work = ManualClock(), Work()
    work.may_end.set()
    answer = SharedAnswer(work, ttl_s=2, clock=clock)
    assert [await answer.get() for _ in range(2)] == [1, 1]
    clock.advance(2)
    assert await answer.get() == 2
    await answer.close()
