"""Which passage goes to the next free worker. Pure: no clock, no process.

Calls wait in a circle and give one passage in turn, so that a call of ninety passages keeps no
other waiting for more than one of its own.
"""

from asyncio import Future
from collections import deque
from dataclasses import dataclass

from ai4v.ports.translator import Passage, Translation


@dataclass(eq=False, slots=True)
class Job:
    """A passage and who waits for it."""

    passage: Passage
    answer: Future[Translation]
    ends_at: float
    """Loop time when the caller stops waiting."""


class FairQueue:
    """Calls that wait, in a circle."""

    def __init__(self) -> None:
        self._calls: deque[deque[Job]] = deque()

    def __len__(self) -> int:
        return len(self._calls)

    def add(self, jobs: deque[Job]) -> None:
        """Let a call wait behind the others."""
        self._calls.append(jobs)

    def remove(self, jobs: deque[Job]) -> None:
        """Forget a call; nothing happens when all of it was taken."""
        for place, call in enumerate(self._calls):
            if call is jobs:
                del self._calls[place]
                return

    def drain(self) -> list[Job]:
        """Forget all calls and return their jobs."""
        jobs = [job for call in self._calls for job in call]
        self._calls.clear()
        return jobs

    def take(self) -> Job | None:
        """Return the next passage; None when no call waits."""
        if not self._calls:
            return None
        call = self._calls.popleft()
        job = call.popleft()
        if call:
            self._calls.append(call)
        return job
