"""The translator that services use: a language model in worker processes, one passage each."""

import asyncio
import contextlib
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Self
from urllib.parse import parse_qs, urlsplit

from ai4v.adapters.llama.capability import ENGINE, declare
from ai4v.adapters.llama.fairqueue import FairQueue, Job
from ai4v.adapters.llama.shelter import clear_shelters
from ai4v.adapters.llama.worker import METHOD, Settings, TranslateReply, TranslateRequest
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
from ai4v.ports.translator import (
    Passage,
    Translation,
    TranslatorDeadlineError,
    TranslatorInfo,
    TranslatorUnavailableError,
)

_LONGEST: Final = 600
_LEAST_CALL_S: Final = 30.0
"""A passage whose caller has gone may take this long before its worker counts as stuck."""
_LINE_BREAK: Final = re.compile("[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_WORKER_ERRORS: Final = (WorkerDiedError, WorkerBusyError, WorkerDeadlineError, WorkerCallError)


@dataclass(frozen=True, slots=True)
class LlamaOptions:
    """Where the model is and what it may use."""

    model_path: Path
    """A file in GGUF; the name of its folder is the model's id."""
    workers: int = 2
    """Processes of one thread, each with a passage at a time."""
    queue_limit: int = 64
    """Calls that may wait."""


class LlamaTranslator:
    """A `Translator`; belongs to the event loop that loads it.

    Args:
        options: where and how much.
        workers: run the engine; None: its own.
    """

    def __init__(self, options: LlamaOptions, workers: Sequence[Worker] | None = None) -> None:
        self._options = options
        model_id = options.model_path.parent.name
        self._info = TranslatorInfo(ENGINE, model_id, _LONGEST, declare(model_id))
        self._workers = workers or [
            Worker(
                WorkerSpec(
                    name="translator",
                    factory="ai4v.adapters.llama.worker:ENGINE",
                    settings=Settings(str(options.model_path)),
                    limits=Limits(threads=1),
                )
            )
            for _ in range(options.workers)
        ]
        self._queue = FairQueue()
        self._wake = asyncio.Condition()
        self._feeders: list[asyncio.Task[None]] = []

    @classmethod
    def of_url(cls, url: str, model_dir: Path) -> Self:
        """Make one from `llama://<model>?threads=2`; ValueError when the URL is another.

        Args:
            url: names the model; each thread is a worker process.
            model_dir: holds a folder for each model, with `gemma.gguf` in it.
        """
        parts = urlsplit(url)
        options = parse_qs(parts.query, strict_parsing=bool(parts.query))
        if parts.scheme != "llama" or not parts.netloc or options.keys() - {"threads"}:
            raise ValueError("a translator's URL is llama://<model>?threads=2")
        workers = int(options.get("threads", ["2"])[0])
        if workers < 1:
            raise ValueError("a translator needs a thread")
        return cls(LlamaOptions(model_dir / parts.netloc / "gemma.gguf", workers))

    @property
    def info(self) -> TranslatorInfo:
        """As the port says."""
        return self._info

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers that run."""
        return tuple(worker.pid for worker in self._workers if worker.pid is not None)

    async def load(self) -> None:
        """Start the workers; `TranslatorUnavailableError` when they cannot load the model."""
        await asyncio.to_thread(clear_shelters)
        try:
            await asyncio.gather(*(worker.start() for worker in self._workers))
        except WorkerDiedError as error:
            raise _unavailable(error) from error
        if not self._feeders:
            self._feeders = [
                asyncio.create_task(repeat(partial(self._feed, each), name="translator", pause_s=0))
                for each in self._workers
            ]

    async def ping(self) -> None:
        """As the port says; one worker is enough."""
        failure: PlatformError | None = None
        for worker in self._workers:
            try:
                await worker.ping()
            except _WORKER_ERRORS as error:
                failure = error
            else:
                return
        if failure is not None:
            raise _unavailable(failure) from failure

    async def close(self) -> None:
        """End the workers; calls inside fail."""
        feeders, self._feeders = self._feeders, []
        for feeder in feeders:
            feeder.cancel()
        if feeders:
            await asyncio.wait(feeders)
        await asyncio.gather(*(worker.close() for worker in self._workers))
        await asyncio.to_thread(clear_shelters)
        for job in self._queue.drain():
            _fail(job, TranslatorUnavailableError("the translator was closed"))

    async def translate(
        self, passages: Sequence[Passage], *, timeout_s: float
    ) -> tuple[Translation, ...]:
        """As the port says."""
        for passage in passages:
            self._check(passage)
        if not self._feeders:
            raise TranslatorUnavailableError("the translator is not loaded")
        if len(self._queue) >= self._options.queue_limit:
            raise TranslatorUnavailableError("too many calls wait for the translator")
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + timeout_s
        jobs = [Job(passage, loop.create_future(), ends_at) for passage in passages]
        waiting = deque(jobs)
        try:
            async with asyncio.timeout_at(ends_at):
                if jobs:
                    await self._enqueue(waiting)
                return tuple([await job.answer for job in jobs])
        except TimeoutError:
            message = f"the translator was not done within {timeout_s:g} s"
            raise TranslatorDeadlineError(message) from None
        finally:
            self._queue.remove(waiting)
            for job in jobs:
                _abandon(job)

    def _check(self, passage: Passage) -> None:
        offered = {(offer.language, offer.target_language) for offer in self._info.capabilities}
        if (passage.source, passage.target) not in offered:
            raise ValueError(f"no translation from {passage.source!r} to {passage.target!r}")
        if not passage.text.strip():
            raise ValueError("a passage is not empty")
        if len(passage.text) > _LONGEST:
            raise ValueError(f"a passage has at most {_LONGEST} characters")
        if _LINE_BREAK.search(passage.text):
            raise ValueError("a passage is one line")
        if _SURROGATE.search(passage.text):
            raise ValueError("a passage is Unicode text")

    async def _enqueue(self, jobs: deque[Job]) -> None:
        self._queue.add(jobs)
        async with self._wake:
            self._wake.notify(len(jobs))

    async def _feed(self, worker: Worker) -> None:
        """Give a worker a passage, or wait for one."""
        job = self._queue.take()
        if job is None:
            async with self._wake:
                await self._wake.wait_for(lambda: len(self._queue) > 0)
        elif not job.answer.done():
            await self._run(worker, job)

    async def _run(self, worker: Worker, job: Job) -> None:
        remaining_s = job.ends_at - asyncio.get_running_loop().time()
        try:
            reply, _ = await worker.call(
                METHOD,
                TranslateRequest(job.passage),
                response=TranslateReply,
                timeout_s=max(_LEAST_CALL_S, remaining_s),
            )
        except _WORKER_ERRORS as error:
            _fail(job, _unavailable(error))
        except ValueError:
            _fail(job, TranslatorUnavailableError("the translator refused this input"))
        except BaseException:
            _fail(job, TranslatorUnavailableError("the translator gave no answer"))
            raise
        else:
            if not job.answer.done():
                job.answer.set_result(reply.translation)


def _unavailable(error: PlatformError) -> TranslatorUnavailableError:
    return TranslatorUnavailableError(error.message, retry_after_s=error.retry_after_s or 2)


def _fail(job: Job, error: TranslatorUnavailableError) -> None:
    if not job.answer.done():
        job.answer.set_exception(error)


def _abandon(job: Job) -> None:
    """Give up an answer, and mark a failure that nobody will look at as seen."""
    job.answer.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        job.answer.exception()
