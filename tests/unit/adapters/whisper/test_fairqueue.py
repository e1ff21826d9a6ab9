import asyncio
from collections import deque

import numpy as np

from ai4v.adapters.whisper.fairqueue import FairQueue, Job, WaitingCall
from ai4v.contracts.audio import SPEECH_RATE_HZ, Audio
from ai4v.ports.recognizer import Recognition, Utterance


def _job(seconds: float, language: str = "hi") -> Job:
    samples = np.zeros(round(seconds * SPEECH_RATE_HZ), np.float32)
    answer: asyncio.Future[Recognition] = asyncio.get_running_loop().create_future()
    return Job(Utterance(Audio(samples, SPEECH_RATE_HZ), language), answer, ends_at=0.0)


def _queue(*calls: list[Job]) -> FairQueue:
    queue = FairQueue()
    for call in calls:
        queue.add(WaitingCall(deque(call)))
    return queue


async def test_alike_short_ones_of_all_calls_share_a_batch() -> None:
    calls = [[_job(3)] for _ in range(9)]
    queue = _queue(*calls)
    assert queue.take() == [call[0] for call in calls[:8]]
    assert queue.take() == calls[8]
    assert queue.take() == []


async def test_other_languages_and_lengths_wait_for_their_own_batch() -> None:
    first, other, long, alike = _job(3), _job(3, "ta"), _job(20), _job(2.5)
    queue = _queue([first], [other], [long], [alike])
    assert [queue.take(), queue.take(), queue.take()] == [[first, alike], [other], [long]]


async def test_a_long_call_lets_others_in_between() -> None:
    windows, short = [_job(30) for _ in range(6)], _job(3)
    queue = _queue(windows, [short])
    assert [queue.take() for _ in range(4)] == [
        windows[:2],
        [short],
        windows[2:4],
        windows[4:],
    ]


async def test_two_long_calls_take_turns() -> None:
    one, two = [_job(30), _job(30)], [_job(30), _job(30)]
    queue = _queue(one, two)
    assert [queue.take(), queue.take()] == [[one[0], two[0]], [one[1], two[1]]]


async def test_a_call_that_is_removed_is_not_sent() -> None:
    queue = FairQueue()
    call = WaitingCall(deque([_job(3)]))
    queue.add(call)
    queue.remove(call)
    queue.remove(call)
    assert len(queue) == 0


async def test_one_put_back_goes_next_and_alone() -> None:
    waiting, failed = _job(3), _job(3)
    queue = _queue([waiting])
    failed.is_alone = True
    queue.put_back(failed)
    assert [queue.take(), queue.take()] == [[failed], [waiting]]


async def test_draining_returns_all_that_waits() -> None:
    jobs = [_job(3), _job(30)]
    queue = _queue(jobs)
    assert queue.drain() == jobs
    assert len(queue) == 0
