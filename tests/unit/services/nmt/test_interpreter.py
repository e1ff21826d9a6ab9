from collections.abc import Sequence

import pytest
from typing_extensions import override

from ai4v.adapters.memory.translator import Behaviour, MemoryTranslator
from ai4v.kit.deadline import Deadline
from ai4v.ports.translator import (
    Passage,
    Translation,
    TranslatorDeadlineError,
    TranslatorUnavailableError,
)
from ai4v.services.nmt.direction import DirectionTable
from ai4v.services.nmt.interpreter import Interpreter, Job, UntranslatedError


def _job(translator: MemoryTranslator, text: str, source: str = "en", target: str = "hi") -> Job:
    direction = DirectionTable.of(translator.info).find(source, target)
    assert direction is not None
    return Job(text, direction)


@pytest.fixture
async def translator() -> MemoryTranslator:
    translator = MemoryTranslator()
    await translator.load()
    return translator


async def test_texts_of_different_directions_in_order(translator: MemoryTranslator) -> None:
    jobs = [
        _job(translator, "hello"),
        _job(translator, "नमस्ते 5", "hi", "en"),
        _job(translator, "नमस्ते 5", "hi", "bn"),
        _job(translator, "नमस्ते", "hi", "hi"),
    ]
    found = await Interpreter(translator).interpret(jobs, Deadline(5.0))
    alone = [(await Interpreter(translator).interpret([job], Deadline(5.0)))[0] for job in jobs]
    assert [each.rendering for each in found] == [each.rendering for each in alone]
    assert all(each.processing_s >= 0 for each in found)


async def test_engine_that_is_not_there(translator: MemoryTranslator) -> None:
    translator.behaviour = Behaviour(fails=True)
    with pytest.raises(TranslatorUnavailableError):
        await Interpreter(translator).interpret([_job(translator, "a")], Deadline(5.0))
    passed = _job(translator, "नमस्ते", "hi", "hi")
    assert await Interpreter(translator).interpret([passed], Deadline(5.0))


async def test_deadline_is_the_engines(translator: MemoryTranslator) -> None:
    translator.behaviour = Behaviour(hangs=True)
    with pytest.raises(TranslatorDeadlineError):
        await Interpreter(translator).interpret([_job(translator, "a")], Deadline(0.05))


async def test_nothing_names_the_text() -> None:
    translator = _Mute()
    await translator.load()
    jobs = [_job(translator, "5"), _job(translator, "two"), _job(translator, "नमस्ते", "hi", "hi")]
    with pytest.raises(UntranslatedError) as caught:
        await Interpreter(translator).interpret(jobs, Deadline(5.0))
    assert [error.path for error in caught.value.errors] == ["input.1.source"]


async def test_equal_passages_are_asked_once() -> None:
    translator = _Counting()
    await translator.load()
    jobs = [_job(translator, "hello. hello. good"), _job(translator, "good\nhello.")]
    await Interpreter(translator).interpret(jobs, Deadline(5.0))
    assert [len(call) for call in translator.calls] == [2]


class _Mute(MemoryTranslator):
    @override
    async def translate(
        self, passages: Sequence[Passage], *, timeout_s: float
    ) -> tuple[Translation, ...]:
        return tuple(Translation("", is_whole=True) for _ in passages)


class _Counting(MemoryTranslator):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Sequence[Passage]] = []

    @override
    async def translate(
        self, passages: Sequence[Passage], *, timeout_s: float
    ) -> tuple[Translation, ...]:
        self.calls.append(passages)
        return await super().translate(passages, timeout_s=timeout_s)
