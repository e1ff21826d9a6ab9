"""The translator that only pretends."""

import pytest

from ai4v.adapters.memory.translator import Behaviour, MemoryTranslator, memory_info
from ai4v.ports.translator import (
    Passage,
    Translation,
    TranslatorDeadlineError,
    TranslatorUnavailableError,
)
from tests.conformance.translator import LONG_S, TranslatorConformance

_PASSAGE = Passage("Call 108 or see https://example.org/a now", "en", "hi", ("108",))


class TestMemoryTranslator(TranslatorConformance):
    @pytest.fixture
    def cold(self) -> MemoryTranslator:
        return MemoryTranslator(behaviour=Behaviour(seconds_per_passage=0.01))

    @pytest.fixture
    def passages(self) -> tuple[Passage, ...]:
        return (
            Passage("आज मौसम अच्छा है।", "hi", "en"),
            Passage("The weather is good.", "en", "hi"),
            Passage("Ask 108, please", "en", "bn", ("108",)),
            Passage("எனக்கு தமிழ் தெரியும்", "ta", "en"),
        )


async def _translate(behaviour: Behaviour, *, timeout_s: float = LONG_S) -> Translation:
    translator = MemoryTranslator(behaviour=behaviour)
    await translator.load()
    (result,) = await translator.translate([_PASSAGE], timeout_s=timeout_s)
    return result


async def test_keeps_what_is_to_be_kept_and_respells_the_rest() -> None:
    url = "https://example.org/a"
    passage = Passage(_PASSAGE.text, "en", "hi", ("108", url))
    translator = MemoryTranslator()
    await translator.load()
    (result,) = await translator.translate([passage], timeout_s=LONG_S)
    words = result.text.split()
    assert (words[1], words[4]) == ("108", url)
    assert len(words) == 6
    assert words[0] != "Call"


async def test_can_drop_what_is_to_be_kept() -> None:
    result = await _translate(Behaviour(drops_kept=True))
    assert "108" not in result.text
    assert result.is_whole


async def test_can_loop() -> None:
    result = await _translate(Behaviour(loops=True))
    assert len(set(result.text.split()[-10:])) == 1
    assert not result.is_whole


async def test_can_copy() -> None:
    assert (await _translate(Behaviour(copies=True))).text == _PASSAGE.text


async def test_can_fail() -> None:
    with pytest.raises(TranslatorUnavailableError):
        await _translate(Behaviour(fails=True))


async def test_can_hang() -> None:
    with pytest.raises(TranslatorDeadlineError):
        await _translate(Behaviour(hangs=True), timeout_s=0.01)


def test_declares_what_it_is_told() -> None:
    info = memory_info([("gu", "en")], max_characters=300)
    assert MemoryTranslator(info).info.capabilities[0].language == "gu"
    assert MemoryTranslator(info).info.max_characters == 300
