"""The glossary finds forms of its words."""

import pytest

from ai4v.kit.glossary import Hint, find_hints, read_glossary


@pytest.mark.parametrize("language", ["hi", "bn", "ta", "te", "mr"])
def test_a_glossary_is_well_formed(language: str) -> None:
    glossary = read_glossary(language)
    assert len(glossary) > 100
    assert all(stem and stem == stem.strip() for stem in glossary)
    assert all(meanings and all(meanings) for meanings in glossary.values())


def test_words_are_found_in_their_forms_and_order_once_each() -> None:
    hints = find_hints("किसानों के खेत में किसान हैं", "hi")
    assert [(hint.word, hint.meanings[0]) for hint in hints] == [
        ("किसानों", "farmer"),
        ("खेत", "field"),
    ]


def test_a_pair_of_words_comes_before_its_first() -> None:
    assert find_hints("हवाई अड्डे", "hi")[0].meanings == ("airport",)


def test_a_short_word_does_not_begin_a_long_one() -> None:
    assert find_hints("फलसफा", "hi") == ()


def test_a_language_without_glossary_has_no_hints() -> None:
    assert find_hints("hello", "en") == ()


@pytest.mark.parametrize(
    ("text", "is_said"),
    [("Many Farmers", True), ("a peasant", True), ("the farm", False), ("nonfarmer", False)],
)
def test_a_meaning_is_said_in_any_form(text: str, *, is_said: bool) -> None:
    assert Hint("किसान", ("farmer", "peasant")).is_said(text) is is_said
