"""The translator in its worker processes, on the real model."""

import asyncio
import os
import re
import signal
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from ai4v.adapters.llama.prompt import read_examples
from ai4v.adapters.llama.translator import LlamaOptions, LlamaTranslator
from ai4v.contracts.language import LANGUAGES, SCRIPTS
from ai4v.ports.translator import Passage, Translation, TranslatorUnavailableError
from tests.conformance.translator import LONG_S, TranslatorConformance, foreign_letters
from tests.connected.adapters.llama.corpus import MODEL_PATH, read_sentences
from tests.support.poll import until

pytestmark = pytest.mark.connected

_MOST_BYTES = 900 * 1024**2
_MEANT_OF_30 = 24
_TO_ENGLISH = ("bn", "ta", "te", "mr")
_KEPT = (
    Passage("मेरा नंबर 98450 है।", "hi", "en", ("98450",)),
    Passage(
        "कृपया https://bank.example/a?b=[1] देखिए।", "hi", "en", ("https://bank.example/a?b=[1]",)
    ),
    Passage(
        "Write to me at asha@example.in before 17:45.", "en", "hi", ("asha@example.in", "17:45")
    ),
    Passage('Open "https://x.example/\\"a\\"" now.', "en", "bn", ('https://x.example/\\"a\\"',)),
    Passage("বাস 42 নম্বর 9 টায় আসে।", "bn", "en", ("42", "9")),
)


@pytest.fixture
async def cold() -> AsyncIterator[LlamaTranslator]:
    opened = LlamaTranslator(LlamaOptions(MODEL_PATH, workers=1))
    yield opened
    await opened.close()


@pytest.fixture
async def pair() -> AsyncIterator[LlamaTranslator]:
    """Two workers, loaded."""
    opened = LlamaTranslator(LlamaOptions(MODEL_PATH, workers=2, queue_limit=4))
    await opened.load()
    yield opened
    await opened.close()


@pytest.fixture
def passages() -> tuple[Passage, ...]:
    return (
        Passage("आज मौसम बहुत सुहावना है।", "hi", "en"),
        Passage("My father is a teacher.", "en", "hi"),
        Passage("The train 12 is late.", "en", "hi", ("12",)),
    )


class TestLlamaTranslator(TranslatorConformance):
    pass


async def test_dies_with_its_calls_and_comes_back(
    pair: LlamaTranslator, passages: tuple[Passage, ...]
) -> None:
    before = await pair.translate(passages[:1], timeout_s=LONG_S)
    pids = pair.pids
    assert len(pids) == 2
    call = asyncio.create_task(pair.translate(passages[:1] * 20, timeout_s=LONG_S))
    await asyncio.sleep(0.1)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(TranslatorUnavailableError):
        await call

    async def is_back() -> bool:
        try:
            await pair.ping()
        except TranslatorUnavailableError:
            return False
        return len(pair.pids) == 2

    await until(is_back)
    assert not set(pair.pids) & set(pids)
    assert await pair.translate(passages[:1], timeout_s=LONG_S) == before


async def test_a_full_queue_refuses_and_the_others_are_served(
    pair: LlamaTranslator, passages: tuple[Passage, ...]
) -> None:
    calls = [pair.translate(passages[:1] * 3, timeout_s=LONG_S) for _ in range(8)]
    done = await asyncio.gather(*calls, return_exceptions=True)
    refused = [each for each in done if isinstance(each, TranslatorUnavailableError)]
    served = [each for each in done if isinstance(each, tuple)]
    assert len(refused) == 4
    assert len({result for results in served for result in results}) == 1


async def test_nobody_listens_where_another_could_connect(pair: LlamaTranslator) -> None:
    for pid in pair.pids:
        process = psutil.Process(pid)
        assert process.net_connections("inet") == []
        names = {str(each.laddr) for each in process.net_connections("unix")} - {""}
        assert names
        assert not any(map(os.path.exists, names))


async def test_long_texts_end_and_memory_stays_bounded(pair: LlamaTranslator) -> None:
    most = pair.info.max_characters
    hindi = "सुबह से बारिश हो रही है और सड़क पर पानी भर गया है, इसलिए हम घर पर हैं। " * 20
    long = [
        Passage(hindi[:most], "hi", "en"),
        Passage("ᱥᱟᱱᱛᱟᱲᱤ" * (most // 7), "hi", "en"),
        Passage("🙏a" * (most // 2), "en", "hi"),
    ]
    results = await pair.translate(long * 2, timeout_s=LONG_S)
    for passage, result in zip(long * 2, results, strict=True):
        assert foreign_letters(passage, result.text) == ""
    total = sum(psutil.Process(pid).memory_full_info().pss for pid in pair.pids)
    assert total < _MOST_BYTES


@pytest.fixture(scope="module")
def sentences() -> dict[str, tuple[Translation, ...]]:
    """What became of the sentences of every direction."""

    async def translate() -> dict[str, tuple[Translation, ...]]:
        translator = LlamaTranslator(LlamaOptions(MODEL_PATH))
        await translator.load()
        results = {}
        try:
            for source, target in [
                ("hi", "en"),
                ("en", "hi"),
                *((each, "en") for each in _TO_ENGLISH),
            ]:
                passages = [
                    Passage(each.source, source, target) for each in read_sentences(source, target)
                ]
                results[f"{source}-{target}"] = await translator.translate(
                    passages, timeout_s=LONG_S
                )
        finally:
            await translator.close()
        return results

    return asyncio.run(translate())


def _has_no_loop(text: str) -> bool:
    words = text.split()
    trigrams = Counter(zip(words, words[1:], words[2:], strict=False))
    return max(trigrams.values(), default=0) < 3


def test_hindi_keeps_its_meaning_in_english(sentences: dict[str, tuple[Translation, ...]]) -> None:
    asked = read_sentences("hi", "en")
    lost = [
        f"{sentence.reference} -> {result.text}"
        for sentence, result in zip(asked, sentences["hi-en"], strict=True)
        if not sentence.is_kept_in(result.text)
    ]
    assert len(asked) == 30
    assert all(len(sentence.meaning.groups) >= 1 for sentence in asked)
    assert len(lost) <= len(asked) - _MEANT_OF_30, "\n".join(lost)


def test_english_becomes_hindi_letters(sentences: dict[str, tuple[Translation, ...]]) -> None:
    script = SCRIPTS[LANGUAGES["hi"].script]
    asked = read_sentences("en", "hi")
    for sentence, result in zip(asked, sentences["en-hi"], strict=True):
        passage = Passage(sentence.source, "en", "hi")
        assert foreign_letters(passage, result.text) == ""
        assert any(script.owns(each) for each in result.text)
        assert result.text != sentence.source
        assert _has_no_loop(result.text)
        assert 0.3 <= len(result.text) / len(sentence.reference) <= 3


@pytest.mark.parametrize("language", _TO_ENGLISH)
def test_others_become_english_letters(
    sentences: dict[str, tuple[Translation, ...]], language: str
) -> None:
    for sentence, result in zip(
        read_sentences(language, "en"), sentences[f"{language}-en"], strict=True
    ):
        assert foreign_letters(Passage(sentence.source, language, "en"), result.text) == ""
        assert re.search("[a-z]", result.text)
        assert _has_no_loop(result.text)


async def test_most_of_what_is_to_be_kept_stands_in_the_translation(cold: LlamaTranslator) -> None:
    await cold.load()
    results = await cold.translate(_KEPT, timeout_s=LONG_S)
    kept = [
        literal in result.text
        for passage, result in zip(_KEPT, results, strict=True)
        for literal in passage.keep
    ]
    assert sum(kept) > len(kept) / 2


async def test_a_model_that_is_not_there_cannot_be_loaded(tmp_path: Path) -> None:
    translator = LlamaTranslator(LlamaOptions(tmp_path / "none/gemma.gguf", workers=1))
    with pytest.raises(TranslatorUnavailableError, match="no model"):
        await translator.load()
    await translator.close()


@pytest.mark.parametrize(
    ("source", "target"), [("hi", "en"), ("en", "hi"), *((each, "en") for each in _TO_ENGLISH)]
)
def test_no_sentence_of_the_test_is_an_example(source: str, target: str) -> None:
    shown = {text for each in read_examples(source, target) for text in (each.source, each.target)}
    asked = {
        text for each in read_sentences(source, target) for text in (each.source, each.reference)
    }
    assert not shown & asked
