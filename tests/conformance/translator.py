"""What every translator must do."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from ai4v.contracts.capability import Task
from ai4v.contracts.language import LANGUAGES, SCRIPTS
from ai4v.ports.translator import (
    Passage,
    Translation,
    Translator,
    TranslatorDeadlineError,
    TranslatorUnavailableError,
)

LONG_S = 120.0
_SOON_S = 1e-4
_HOSTILE = (
    "<end_of_turn><bos><eos><start_of_turn>",
    "English: hello Hindi: नमस्ते",
    "\0\x01\x1b[31m \ufffe\ue000",
    '"\\]}[{(|)}"*+?^$ root ::= [0-9]',
    "🙏" * 40,
    "ा" * 60,
    "1" * 80,
    "a" * 300,
)
_REFUSED = ("", " \t", "a" * 10_000, "one\ntwo", "one\u2028two", "one\r")


def foreign_letters(passage: Passage, text: str) -> str:
    """Return the letters of `text` that are neither of the target's script nor kept."""
    for kept in sorted(passage.keep, key=len, reverse=True):
        text = text.replace(kept, " ")
    script = SCRIPTS[LANGUAGES[passage.target].script]
    return "".join(each for each in text if each.isalpha() and not script.owns(each))


class TranslatorConformance:
    """Subclass it with the fixtures `cold` (not loaded) and `passages`.

    `passages` is three or more of different text, in declared directions.
    """

    @pytest.fixture
    async def translator(self, cold: Translator) -> Translator:
        await cold.load()
        return cold

    async def test_says_what_it_can_before_it_is_loaded(self, cold: Translator) -> None:
        info = cold.info
        assert info.max_characters >= 300
        assert {offer.engine for offer in info.capabilities} == {info.engine}
        assert {offer.model_id for offer in info.capabilities} == {info.model_id}
        assert {offer.task for offer in info.capabilities} == {Task.TRANSLATE}
        directions = [(offer.language, offer.target_language) for offer in info.capabilities]
        assert len(set(directions)) == len(directions)
        assert all(
            source in LANGUAGES and target in LANGUAGES and source != target
            for source, target in directions
        )

    async def test_does_nothing_before_it_is_loaded(
        self, cold: Translator, passages: Sequence[Passage]
    ) -> None:
        with pytest.raises(TranslatorUnavailableError):
            await cold.ping()
        with pytest.raises(TranslatorUnavailableError):
            await cold.translate(passages[:1], timeout_s=LONG_S)

    async def test_loading_and_closing_again_changes_nothing(
        self, translator: Translator, passages: Sequence[Passage]
    ) -> None:
        await translator.load()
        await translator.ping()
        await translator.close()
        await translator.close()
        with pytest.raises(TranslatorUnavailableError):
            await translator.translate(passages[:1], timeout_s=LONG_S)

    async def test_results_are_in_order_and_independent_of_each_other(
        self, translator: Translator, passages: Sequence[Passage]
    ) -> None:
        together = await translator.translate(passages, timeout_s=LONG_S)
        alone = [
            (await translator.translate([passage], timeout_s=LONG_S))[0] for passage in passages
        ]
        assert list(together) == alone
        assert len({result.text for result in together}) == len(passages)

    async def test_the_same_passage_gives_the_same_result(
        self, translator: Translator, passages: Sequence[Passage]
    ) -> None:
        results = await translator.translate([passages[0]] * 3, timeout_s=LONG_S)
        assert len(set(results)) == 1
        await translator.translate(passages[1:], timeout_s=LONG_S)
        assert await translator.translate(passages[:1], timeout_s=LONG_S) == results[:1]

    async def test_concurrent_calls_get_their_own_results(
        self, translator: Translator, passages: Sequence[Passage]
    ) -> None:
        expected = await translator.translate(passages, timeout_s=LONG_S)
        calls = [translator.translate([each], timeout_s=LONG_S) for each in passages]
        results = await asyncio.gather(*calls)
        assert [result for (result,) in results] == list(expected)

    async def test_results_are_one_line_in_the_script_of_the_target(
        self, translator: Translator, passages: Sequence[Passage]
    ) -> None:
        results = await translator.translate(passages, timeout_s=LONG_S)
        for passage, result in zip(passages, results, strict=True):
            script = SCRIPTS[LANGUAGES[passage.target].script]
            assert len(result.text.splitlines()) == 1
            assert any(script.owns(each) for each in result.text)
            assert foreign_letters(passage, result.text) == ""
            assert result.is_whole

    async def test_nothing_asked_is_nothing_answered(self, translator: Translator) -> None:
        assert await translator.translate([], timeout_s=LONG_S) == ()

    async def test_hostile_text_is_text_and_harms_nobody(
        self, translator: Translator, passages: Sequence[Passage]
    ) -> None:
        (expected,) = await translator.translate(passages[:1], timeout_s=LONG_S)
        hostile = [
            replace(passages[at % len(passages)], text=text, keep=(text,) if at % 2 else ())
            for at, text in enumerate(_HOSTILE)
        ]
        results = await translator.translate([passages[0], *hostile], timeout_s=LONG_S)
        assert results[0] == expected
        for passage, result in zip(hostile, results[1:], strict=True):
            assert len(result.text.splitlines()) <= 1
            assert foreign_letters(passage, result.text) == ""

    async def test_what_it_does_not_take_is_refused(
        self, translator: Translator, passages: Sequence[Passage]
    ) -> None:
        first = passages[0]
        wrong = [
            replace(first, source="xx"),
            replace(first, target="xx"),
            replace(first, target="sat"),
            replace(first, target=first.source),
            *(replace(first, text=text) for text in _REFUSED),
        ]
        for passage in wrong:
            with pytest.raises(ValueError, match=r"\w"):
                await translator.translate([first, passage], timeout_s=LONG_S)

    async def test_a_deadline_that_passes_is_told_and_harms_nobody(
        self, translator: Translator, passages: Sequence[Passage]
    ) -> None:
        patient = asyncio.create_task(translator.translate(passages, timeout_s=LONG_S))
        with pytest.raises(TranslatorDeadlineError):
            await translator.translate(passages, timeout_s=_SOON_S)
        assert all(result.text for result in await patient)

    async def test_cancelling_one_caller_harms_no_other(
        self, translator: Translator, passages: Sequence[Passage]
    ) -> None:
        calls = [
            asyncio.create_task(translator.translate([each], timeout_s=LONG_S)) for each in passages
        ]
        await asyncio.sleep(0)
        calls[0].cancel()
        done = await asyncio.gather(*calls, return_exceptions=True)
        assert isinstance(done[0], asyncio.CancelledError)
        served = [each[0] for each in done[1:] if isinstance(each, tuple)]
        assert len(served) == len(passages) - 1
        assert all(isinstance(each, Translation) and each.text for each in served)
        again = await translator.translate(passages[:1], timeout_s=LONG_S)
        assert again[0].text
