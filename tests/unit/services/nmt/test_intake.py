import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai4v.contracts.error import PayloadTooLargeError, PlatformError, ValidationError
from ai4v.services.nmt.intake import TextLimits, take_texts

_LIMITS = TextLimits(item=100, call=250)


def _paths(error: PlatformError) -> list[str]:
    return [problem.path for problem in error.errors]


@given(st.lists(st.text(st.characters(categories=("L", "M", "N", "P")), min_size=1), max_size=3))
def test_texts_are_taken_in_normal_form(texts: list[str]) -> None:
    assert take_texts(texts, TextLimits(10_000, 30_000)) == tuple(
        unicodedata.normalize("NFC", text) for text in texts
    )


@pytest.mark.parametrize(
    "bad",
    [
        "",
        " ",
        "\n\t\r\n",
        "\u200b",
        "\u00a0\u2003",
        "a\0b",
        "a\x1b[0m",
        "\x85x",
        "a\ue000",
        "a\U000f0000",
        "a\udc80",
        "a\x7f",
    ],
    ids=ascii,
)
def test_bad_text_is_named_by_its_place(bad: str) -> None:
    with pytest.raises(ValidationError) as caught:
        take_texts(["good", bad, "good"], _LIMITS)
    assert _paths(caught.value) == ["input.1.source"]
    assert not bad.strip() or bad not in caught.value.message


def test_every_bad_text_is_named() -> None:
    with pytest.raises(ValidationError) as caught:
        take_texts(["\0", "good", "", "\ue000"], _LIMITS)
    assert _paths(caught.value) == ["input.0.source", "input.2.source", "input.3.source"]


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "a\r\nb", "क्‍ष", "👨‍👩‍👧", "2"])
def test_what_texts_are_made_of_is_taken(text: str) -> None:
    assert take_texts([text], _LIMITS) == (text,)


def test_longest_text() -> None:
    assert take_texts(["a" * 100], _LIMITS)
    with pytest.raises(PayloadTooLargeError, match="100 characters") as caught:
        take_texts(["a", "b" * 101], _LIMITS)
    assert _paths(caught.value) == ["input.1.source"]


def test_most_text_of_a_call() -> None:
    assert take_texts(["a" * 100, "b" * 100, "c" * 50], _LIMITS)
    with pytest.raises(PayloadTooLargeError, match="250 characters in all") as caught:
        take_texts(["a" * 100, "b" * 100, "c" * 51], _LIMITS)
    assert _paths(caught.value) == ["input"]
