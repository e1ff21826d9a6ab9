import pytest

from ai4v.adapters.langid.letter import read_passage


def test_words_of_the_main_script_are_kept() -> None:
    passage = read_passage("आज OK, का मौसम! 12 अच्छा है।")
    assert passage is not None
    assert passage.script == "Deva"
    assert passage.words == ("आज", "का", "मौसम", "अच्छा", "है")
    assert passage.share == pytest.approx(15 / 17)


def test_an_apostrophe_stays_inside_its_word() -> None:
    passage = read_passage("'ল'ৰা' it's ভাল")
    assert passage is not None
    assert passage.words == ("ল'ৰা", "ভাল")


def test_latin_words_are_in_lower_case() -> None:
    passage = read_passage("The END")
    assert passage is not None
    assert passage.words == ("the", "end")


def test_letters_beyond_a_thousand_are_not_looked_at() -> None:
    passage = read_passage("क " * 1_000 + "ab " * 5_000)
    assert passage is not None
    assert (passage.script, passage.share) == ("Deva", 1.0)


def test_letters_after_much_else_are_found() -> None:
    passage = read_passage("1" * 5_000 + "ਪੰਜਾਬੀ")
    assert passage is not None
    assert passage.script == "Guru"


@pytest.mark.parametrize(
    "text", ["", "12 ३४", "😀", "'", "\u200d'\u200c", "Привет", "\ud800", "\0"]
)
def test_without_letters_there_is_nothing(text: str) -> None:
    assert read_passage(text) is None
