from collections import Counter
from pathlib import Path

import pytest
import pytest_asyncio

from ai4v.adapters.langid.identifier import LangidIdentifier
from ai4v.contracts.capability import Tier
from ai4v.contracts.language import LANGUAGES
from tests.support.language_corpus import measure, read_sentences

_FLOORS = {"brx": 0.9, "doi": 0.7, "kok": 0.8, "mai": 0.9, "mr": 0.9}
"""Without word lists; 0.95 for all others."""
_ROMANISED = (
    "main kal bazaar jaunga",
    "aap kaise hain",
    "tumhara naam kya hai",
    "naan naalai sandhaikku poven",
    "nenu repu bazaar ki veltanu",
    "ami kal bajare jabo",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def loaded() -> LangidIdentifier:
    identifier = LangidIdentifier(None)
    await identifier.load()
    return identifier


def test_there_are_sentences_of_every_language() -> None:
    counts = Counter(language for language, _ in read_sentences())
    assert counts.keys() == LANGUAGES.keys()
    assert min(counts.values()) >= 8


async def test_languages_are_told_apart_without_word_lists(loaded: LangidIdentifier) -> None:
    shares = await measure(loaded)
    assert not {code: share for code, share in shares.items() if share < _FLOORS.get(code, 0.95)}


async def test_romanised_text_is_english_with_a_low_score(loaded: LangidIdentifier) -> None:
    for (guess,) in await loaded.identify(_ROMANISED):
        assert guess.language == "en"
        assert guess.score < 0.3


async def test_english_has_a_high_score(loaded: LangidIdentifier) -> None:
    texts = [text for language, text in read_sentences() if language == "en"]
    for (guess,) in await loaded.identify(texts):
        assert guess.score > 0.8


@pytest.mark.parametrize(
    ("text", "language", "script"),
    [
        ("هي سنڌي ٻولي آهي", "sd", "Arab"),
        ("یہ اردو زبان ہے", "ur", "Aran"),
        ("ॿार ॾाढा सुठा आहिनि", "sd", "Deva"),
        ("ঐগী মিং তোম্বনি", "mni", "Beng"),
        ("ꯑꯩꯒꯤ ꯃꯤꯡ", "mni", "Mtei"),
    ],
)
async def test_the_script_is_named(
    loaded: LangidIdentifier, text: str, language: str, script: str
) -> None:
    ((first, *_),) = await loaded.identify([text])
    assert (first.language, first.script) == (language, script)


async def test_a_long_text_is_judged_by_its_beginning(loaded: LangidIdentifier) -> None:
    begin = "मैं कल सुबह बाज़ार जाऊँगा। " * 60
    answers = await loaded.identify([begin, begin * 100])
    assert answers[0] == answers[1]


def test_lists_that_are_missing_are_declared(tmp_path: Path) -> None:
    bare = {offer.language: offer for offer in LangidIdentifier(tmp_path).info.capabilities}
    (tmp_path / "hi_common.txt").write_text("घर\n", "utf-8")
    full = {offer.language: offer for offer in LangidIdentifier(tmp_path).info.capabilities}
    assert full.keys() == bare.keys() == LANGUAGES.keys()
    assert (full["mai"].tier, bare["mai"].tier) == (Tier.RULE_BASED, Tier.DEMO)
    assert "No word lists" in (bare["hi"].note or "")
    assert "No word lists" not in (full["hi"].note or "")
    assert full["ta"].note is None


class TestOfUrl:
    @pytest.mark.parametrize(
        ("url", "has_lists"),
        [
            ("langid://", True),
            ("langid://?lexicon=indic-lexicon", True),
            ("langid://?lexicon=x", False),
        ],
    )
    def test_names_the_word_lists(self, tmp_path: Path, url: str, *, has_lists: bool) -> None:
        (tmp_path / "indic-lexicon").mkdir()
        (tmp_path / "indic-lexicon/hi_common.txt").write_text("घर\n", "utf-8")
        offers = LangidIdentifier.of_url(url, tmp_path).info.capabilities
        assert any("No word lists" in (offer.note or "") for offer in offers) is not has_lists

    @pytest.mark.parametrize(
        "url",
        [
            "memory://",
            "langid://host",
            "langid:///a",
            "langid://?x=1",
            "langid://?lexicon=../a",
            "langid://?lexicon=..",
        ],
    )
    def test_another_url_is_an_error(self, tmp_path: Path, url: str) -> None:
        with pytest.raises(ValueError, match="langid://"):
            LangidIdentifier.of_url(url, tmp_path)
