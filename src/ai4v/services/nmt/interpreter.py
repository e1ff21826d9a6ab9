"""Carries renderings out on the engine: all texts of a call together, each passage once."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from ai4v.contracts.error import FieldError, UpstreamError
from ai4v.kit.aside import work_aside
from ai4v.kit.deadline import Deadline
from ai4v.ports.translator import Passage, Translation, Translator
from ai4v.services.nmt.direction import Direction
from ai4v.services.nmt.intake import path_of
from ai4v.services.nmt.rendering import Asking, Rendering, gather, render_text


class UntranslatedError(UpstreamError):
    """The engine had nothing to say to a text; `errors` names it."""


_MOST_AT_ONCE: Final = 512
"""Passages in one call of the engine."""


@dataclass(frozen=True, slots=True)
class Job:
    """One text and which way it goes."""

    text: str
    """In normal form C."""
    direction: Direction


@dataclass(frozen=True, slots=True)
class Interpretation:
    """One text's translation."""

    rendering: Rendering
    processing_s: float
    """Its share of the time, by length."""


class Interpreter:
    """Translates texts with an engine that translates passages."""

    def __init__(self, translator: Translator) -> None:
        self._translator = translator

    async def interpret(
        self, jobs: Sequence[Job], deadline: Deadline
    ) -> tuple[Interpretation, ...]:
        """Return one interpretation for each job, in order.

        Cancelling gives the engine free as soon as it has ended what it is in.

        Raises:
            DeadlineExceededError, ServiceUnavailableError: of the engine.
            UntranslatedError: there were words, and none came back.
        """
        started_s = time.perf_counter()
        limit = self._translator.info.max_characters
        asking = gather(render_text(job.text, job.direction, limit=limit) for job in jobs)
        total = sum(len(job.text) for job in jobs)
        renderings = await self._carry_out(asking, total, deadline)
        _refuse_nothing(renderings)
        spent_s = time.perf_counter() - started_s
        return tuple(
            Interpretation(rendering, spent_s * len(job.text) / total)
            for job, rendering in zip(jobs, renderings, strict=True)
        )

    async def _carry_out(
        self, asking: Asking[tuple[Rendering, ...]], characters: int, deadline: Deadline
    ) -> tuple[Rendering, ...]:
        known: dict[Passage, Translation] = {}
        step = await work_aside(characters, partial(_advance, asking, None))
        while step.result is None:
            new = [each for each in dict.fromkeys(step.wanted) if each not in known]
            for first in range(0, len(new), _MOST_AT_ONCE):
                some = new[first : first + _MOST_AT_ONCE]
                found = await self._translator.translate(some, timeout_s=deadline.remaining_s())
                known.update(zip(some, found, strict=True))
            answers = tuple(known[each] for each in step.wanted)
            step = await work_aside(characters, partial(_advance, asking, answers))
        return step.result


def _refuse_nothing(renderings: Sequence[Rendering]) -> None:
    message = "the engine made nothing of this text: say it in other words, or leave it out"
    problems = [
        FieldError(path=path_of(index), message=message)
        for index, rendering in enumerate(renderings)
        if rendering.has_failed
    ]
    if problems:
        raise UntranslatedError(f"{problems[0].path}: {message}", errors=problems)


@dataclass(frozen=True, slots=True)
class _Step:
    wanted: tuple[Passage, ...] = ()
    result: tuple[Rendering, ...] | None = None
    """None: there is more to be asked."""


def _advance(
    asking: Asking[tuple[Rendering, ...]], answers: tuple[Translation, ...] | None
) -> _Step:
    """Take one step; it is a function so that it can run beside the event loop."""
    try:
        return _Step(next(asking) if answers is None else asking.send(answers))
    except StopIteration as end:
        return _Step(result=end.value)
