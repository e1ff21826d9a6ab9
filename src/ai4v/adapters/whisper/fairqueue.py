"""Which utterances go to the engine next. Pure: no clock, no process.

Calls wait in a circle. The one in front names the class of the next batch (language, task, window),
and every call gives one fitting utterance in turn until the batch is full; then the calls served
go to the back. So alike short ones share a batch, and a long call keeps no one waiting for more
than one batch of its own.
"""

from asyncio import Future
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from ai4v.adapters.whisper.window import batch_limit, window_frames
from ai4v.contracts.capability import Task
from ai4v.ports.recognizer import Recognition, Utterance


class BatchClass(NamedTuple):
    """What the utterances of one batch have in common."""

    language: str | None
    task: Task
    frames: int


@dataclass(eq=False, slots=True)
class Job:
    """An utterance and who waits for it."""

    utterance: Utterance
    answer: Future[Recognition]
    ends_at: float
    """Loop time when the caller stops waiting."""
    is_alone: bool = False
    """Whether it must have a batch of its own, since the batch it was in failed."""

    @property
    def batch_class(self) -> BatchClass:
        """What it can share a batch with."""
        utterance = self.utterance
        frames = window_frames(utterance.audio.duration_s)
        return BatchClass(utterance.language, utterance.task, frames)


@dataclass(eq=False, slots=True)
class WaitingCall:
    """What one caller still waits to have sent."""

    jobs: deque[Job] = field(default_factory=deque)


class FairQueue:
    """Calls that wait, in a circle."""

    def __init__(self) -> None:
        self._calls: deque[WaitingCall] = deque()

    def __len__(self) -> int:
        return len(self._calls)

    def add(self, call: WaitingCall) -> None:
        """Let a call wait behind the others."""
        self._calls.append(call)

    def put_back(self, job: Job) -> None:
        """Let a job go next."""
        self._calls.appendleft(WaitingCall(deque((job,))))

    def remove(self, call: WaitingCall) -> None:
        """Forget a call; nothing happens when all of it was sent."""
        if call in self._calls:
            self._calls.remove(call)

    def drain(self) -> list[Job]:
        """Forget all calls and return their jobs."""
        jobs = [job for call in self._calls for job in call.jobs]
        self._calls.clear()
        return jobs

    def take(self) -> list[Job]:
        """Return the next batch; at least one job if any call waits."""
        if not self._calls:
            return []
        first = self._calls[0].jobs[0]
        wanted = first.batch_class
        limit = 1 if first.is_alone else batch_limit(wanted.frames)
        batch: list[Job] = []
        served: list[WaitingCall] = []
        while len(batch) < limit:
            before = len(batch)
            for call in self._calls:
                if len(batch) < limit and _fits(call, wanted, is_alone=first.is_alone):
                    batch.append(call.jobs.popleft())
                    served.append(call)
            if len(batch) == before:
                break
        for call in dict.fromkeys(served):
            self._calls.remove(call)
            if call.jobs:
                self._calls.append(call)
        return batch


def _fits(call: WaitingCall, wanted: BatchClass, *, is_alone: bool) -> bool:
    if not call.jobs:
        return False
    job = call.jobs[0]
    return job.is_alone == is_alone and job.batch_class == wanted
