"""Calls give one passage in turn."""

import asyncio
from collections import deque

from ai4v.adapters.llama.fairqueue import FairQueue, Job
from ai4v.ports.translator import Passage


def _call(*texts: str) -> deque[Job]:
    loop = asyncio.get_running_loop()
    return deque(Job(Passage(text, "hi", "en"), loop.create_future(), 0.0) for text in texts)


def _take_all(queue: FairQueue) -> list[str]:
    return [job.passage.text for job in iter(queue.take, None)]


async def test_calls_take_turns() -> None:
    queue = FairQueue()
    queue.add(_call("a1", "a2", "a3"))
    queue.add(_call("b1"))
    assert len(queue) == 2
    assert _take_all(queue) == ["a1", "b1", "a2", "a3"]
    assert len(queue) == 0


async def test_a_call_is_forgotten_and_a_sent_one_is_none() -> None:
    queue = FairQueue()
    first, second = _call("a1"), _call("b1")
    queue.add(first)
    queue.add(second)
    queue.remove(first)
    assert _take_all(queue) == ["b1"]
    queue.remove(second)


async def test_draining_returns_what_waits() -> None:
    queue = FairQueue()
    queue.add(_call("a1", "a2"))
    assert [job.passage.text for job in queue.drain()] == ["a1", "a2"]
    assert queue.take() is None
