"""The recognizer that services use: Whisper in a worker process, fed in batches."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import parse_qs, urlsplit

import numpy as np

from ai4v.adapters.whisper.capability import ENGINE, declare
from ai4v.adapters.whisper.fairqueue import FairQueue, Job, WaitingCall
from ai4v.adapters.whisper.window import LONGEST_S
from ai4v.adapters.whisper.worker import METHOD, Item, RecognizeReply, RecognizeRequest, Settings
from ai4v.contracts.audio import SPEECH_RATE_HZ
from ai4v.contracts.capability import Task
from ai4v.contracts.error import PlatformError
from ai4v.kit.background import repeat
from ai4v.kit.worker.limit import Limits
from ai4v.kit.worker.parent import Worker
from ai4v.kit.worker.spec import (
    WorkerBusyError,
    WorkerCallError,
    WorkerDeadlineError,
    WorkerDiedError,
    WorkerSpec,
)
from ai4v.ports.recognizer import (
    Recognition,
    RecognizerDeadlineError,
    RecognizerInfo,
    RecognizerUnavailableError,
    Utterance,
)

_LEAST_BATCH_S: Final = 20.0
"""A batch whose callers have all gone may run this long before the worker counts as stuck."""
_WORKER_ERRORS: Final = (WorkerDiedError, WorkerBusyError, WorkerDeadlineError, WorkerCallError)


@dataclass(frozen=True, slots=True)
class WhisperOptions:
    """Where the model is and what it may use."""

    model_dir: Path
    """Holds model.bin, config.json, tokenizer.json, vocabulary.*; its name is the model's id."""
    lexicon_dir: Path | None = None
    """Holds `hi_common.txt`."""
    threads: int = 2
    queue_limit: int = 32
    """Calls that may wait."""


class WhisperRecognizer:
    """A `Recognizer`; belongs to the event loop that loads it.

    Args:
        options: where and how much.
        worker: runs the engine; None: one of its own.
    """

    def __init__(self, options: WhisperOptions, worker: Worker | None = None) -> None:
        self._options = options
        lexicon_dir = options.lexicon_dir
        self._info = RecognizerInfo(
            engine=ENGINE,
            model_id=options.model_dir.name,
            max_duration_s=LONGEST_S,
            capabilities=declare(
                options.model_dir.name,
                has_lexicon=lexicon_dir is not None and (lexicon_dir / "hi_common.txt").is_file(),
            ),
        )
        self._offered: set[tuple[Task, str | None]] = {
            (offer.task, language)
            for offer in self._info.capabilities
            for language in (offer.language, None)
        }
        self._worker = worker or Worker(
            WorkerSpec(
                name="speech recognizer",
                factory="ai4v.adapters.whisper.worker:ENGINE",
                settings=Settings(
                    str(options.model_dir),
                    str(lexicon_dir) if lexicon_dir else None,
                    options.threads,
                ),
                limits=Limits(threads=options.threads),
            )
        )
        self._queue = FairQueue()
        self._wake = asyncio.Event()
        self._feeder: asyncio.Task[None] | None = None

    @classmethod
    def of_url(cls, url: str, model_dir: Path) -> Self:
        """Make one from `whisper://<size>?threads=2`; ValueError when the URL is another.

        Args:
            url: names the model `whisper-<size>`.
            model_dir: holds a folder for each model, and `indic-lexicon`.
        """
        parts = urlsplit(url)
        options = parse_qs(parts.query, strict_parsing=bool(parts.query))
        if parts.scheme != "whisper" or not parts.netloc or options.keys() - {"threads"}:
            raise ValueError("a recognizer's URL is whisper://<size>?threads=2")
        return cls(
            WhisperOptions(
                model_dir / f"whisper-{parts.netloc}",
                lexicon_dir=model_dir / "indic-lexicon",
                threads=int(options.get("threads", ["2"])[0]),
            )
        )

    @property
    def info(self) -> RecognizerInfo:
        """As the port says."""
        return self._info

    @property
    def pid(self) -> int | None:
        """Process id of the worker; None when there is none."""
        return self._worker.pid

    async def load(self) -> None:
        """Start the worker; `RecognizerUnavailableError` when it cannot load the model."""
        try:
            await self._worker.start()
        except WorkerDiedError as error:
            raise _unavailable(error) from error
        if self._feeder is None:
            self._feeder = asyncio.create_task(
                repeat(self._feed, name="speech recognizer", pause_s=0)
            )

    async def ping(self) -> None:
        """As the port says."""
        try:
            await self._worker.ping()
        except (WorkerDiedError, WorkerBusyError, WorkerDeadlineError) as error:
            raise _unavailable(error) from error

    async def close(self) -> None:
        """End the worker; calls inside fail."""
        feeder, self._feeder = self._feeder, None
        if feeder is not None:
            feeder.cancel()
            await asyncio.wait((feeder,))
        await self._worker.close()
        for job in self._queue.drain():
            _fail(job, RecognizerUnavailableError("the speech recognizer was closed"))

    async def recognize(
        self, utterances: Sequence[Utterance], *, timeout_s: float
    ) -> tuple[Recognition, ...]:
        """As the port says."""
        for utterance in utterances:
            self._check(utterance)
        if self._feeder is None:
            raise RecognizerUnavailableError("the speech recognizer is not loaded")
        if len(self._queue) >= self._options.queue_limit:
            raise RecognizerUnavailableError("too many calls wait for the speech recognizer")
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + timeout_s
        jobs = [Job(utterance, loop.create_future(), ends_at) for utterance in utterances]
        call = WaitingCall(deque(jobs))
        if jobs:
            self._queue.add(call)
            self._wake.set()
        try:
            async with asyncio.timeout_at(ends_at):
                return tuple([await job.answer for job in jobs])
        except TimeoutError:
            message = f"the speech recognizer was not done within {timeout_s:g} s"
            raise RecognizerDeadlineError(message) from None
        finally:
            self._queue.remove(call)
            for job in jobs:
                _abandon(job)

    def _check(self, utterance: Utterance) -> None:
        audio = utterance.audio
        if (utterance.task, utterance.language) not in self._offered:
            raise ValueError(f"no {utterance.task} for language {utterance.language!r}")
        if audio.rate_hz != SPEECH_RATE_HZ:
            raise ValueError(f"audio must be at {SPEECH_RATE_HZ} Hz, not {audio.rate_hz}")
        if audio.duration_s > LONGEST_S:
            raise ValueError(f"an utterance lasts at most {LONGEST_S:g} s")

    async def _feed(self) -> None:
        """Give the worker a batch, or wait for one."""
        self._wake.clear()
        batch = [job for job in self._queue.take() if not job.answer.done()]
        if batch:
            await self._run(batch)
        elif not self._queue:
            await self._wake.wait()

    async def _run(self, batch: list[Job]) -> None:
        try:
            results = await self._ask(batch)
        except _WORKER_ERRORS as error:
            self._settle_failure(batch, error)
        except BaseException:
            for job in batch:
                _fail(job, RecognizerUnavailableError("the speech recognizer gave no answer"))
            raise
        else:
            for job, result in zip(batch, results, strict=True):
                if not job.answer.done():
                    job.answer.set_result(result)

    def _settle_failure(self, batch: list[Job], error: PlatformError) -> None:
        """Fail a job that failed alone; try each of a batch alone, so that none harms another."""
        can_retry = len(batch) > 1 and not isinstance(error, WorkerDeadlineError)
        for job in reversed(batch):
            if can_retry and not job.answer.done():
                job.is_alone = True
                self._queue.put_back(job)
            else:
                _fail(job, _unavailable(error))

    async def _ask(self, batch: list[Job]) -> list[Recognition]:
        samples = [job.utterance.audio.samples for job in batch]
        items = [
            Item(len(piece), job.utterance.language, job.utterance.task)
            for piece, job in zip(samples, batch, strict=True)
        ]
        remaining_s = max(job.ends_at for job in batch) - asyncio.get_running_loop().time()
        try:
            reply, _ = await self._worker.call(
                METHOD,
                RecognizeRequest(items),
                np.concatenate(samples, dtype=np.float32).data,
                response=RecognizeReply,
                timeout_s=max(_LEAST_BATCH_S, remaining_s),
            )
        except ValueError as error:
            raise WorkerCallError("the speech recognizer refused this input") from error
        return reply.results


def _unavailable(error: PlatformError) -> RecognizerUnavailableError:
    return RecognizerUnavailableError(error.message, retry_after_s=error.retry_after_s or 2)


def _fail(job: Job, error: RecognizerUnavailableError) -> None:
    if not job.answer.done():
        job.answer.set_exception(error)


def _abandon(job: Job) -> None:
    """Give up an answer, and mark a failure that nobody will look at as seen."""
    job.answer.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        job.answer.exception()
