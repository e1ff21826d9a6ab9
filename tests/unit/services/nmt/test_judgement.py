import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai4v.services.nmt.judgement import cut_loop, is_in_script


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("आम आम आम आम आम", "आम"),
        ("कहा कि आम है आम है आम है आम है", "कहा कि आम है"),
        ("a b c a b c a b c a b c", "a b c"),
        ("यह हाहाहाहाहाहाहाहा", "यह हा"),
        ("nooooooooooo", "no"),
    ],
)
def test_loop_is_cut_after_its_first_round(text: str, first: str) -> None:
    assert cut_loop(text) == first


@pytest.mark.parametrize(
    "text",
    ["", "very very very good", "a b a b a b", "1 1 1 1 1 1", "- - - - -", "..........", "=" * 40],
)
def test_no_loop(text: str) -> None:
    assert cut_loop(text) == text


@given(st.lists(st.sampled_from("abc"), max_size=30))
def test_cut_is_a_beginning(words: list[str]) -> None:
    text = " ".join(words)
    cut = cut_loop(text)
    assert text.startswith(cut)
    assert bool(cut) == bool(text)


@pytest.mark.parametrize(
    ("text", "script", "kept", "is_right"),
    [
        ("यह 5kg है।", "Deva", ("5kg",), True),
        ("यह 5kg है।", "Deva", (), False),
        ("hello", "Deva", (), False),
        ("hello नमस्ते", "Latn", (), False),
        ("12 😀 !", "Taml", (), True),
        ("سلام", "Aran", (), True),
    ],
)
def test_script(text: str, script: str, kept: tuple[str, ...], *, is_right: bool) -> None:
    assert is_in_script(text, script, kept) is is_right
