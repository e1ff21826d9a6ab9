"""Whether an answer will do."""

import pytest

from ai4v.adapters.llama.answer import cut_loop, has_foreign_letters, judge, loops
from ai4v.kit.glossary import Hint

_TREE = Hint("पेड़", ("tree",))


@pytest.mark.parametrize(
    ("text", "kept", "is_cut_off", "badness"),
    [
        ("A tree.", (), False, (False, False, False, 0)),
        ("A bush.", (), False, (False, False, False, 1)),
        ("A tree.", (), True, (False, True, False, 0)),
        ("", (), False, (True, False, False, 1)),
        ("A पेड़ tree", (), False, (True, False, False, 0)),
        ("A tree 5", ("5",), False, (False, False, False, 0)),
        ("A tree 5", ("5", "5"), False, (False, False, True, 0)),
        ("A tree 55", ("55", "5"), False, (False, False, True, 0)),
        ("tree tree tree tree tree", (), False, (False, True, False, 0)),
    ],
)
def test_faults_are_found(
    text: str, kept: tuple[str, ...], badness: tuple[bool, bool, bool, int], *, is_cut_off: bool
) -> None:
    assert judge(text, "en", kept, (_TREE,), is_cut_off=is_cut_off).badness == badness


def test_what_is_kept_may_have_any_letters() -> None:
    assert not has_foreign_letters("मेरा a@b.in", "hi", ("a@b.in",))
    assert has_foreign_letters("मेरा a@b.in", "hi", ())


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("it is good good good good", "it is good"),
        ("कककककककककक", "क"),
        ("I go and you go", "I go and you go"),
    ],
)
def test_loops_are_found_and_cut(text: str, short: str) -> None:
    assert loops(text) is (text != short)
    assert cut_loop(text) == short


def test_three_words_thrice_are_a_loop() -> None:
    assert loops("he is the king, he is the man, he is the one")
