import pytest

from ai4v.adapters.espeak.text import Clause, clean, cut, join


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\0b\x1b\ue000c", "a b  c"),
        ("soft\u00adly \u202eleft", "softly left"),
        ("क्\u200dष", "क्\u200dष"),
        ("hi 🙂 ₹5 25°", "hi   ₹5 25°"),
        ("\ud800", " "),
        ("字한ꯀᱚ", "    "),
        ("snake_case", "snake case"),
        ("-ास ा", " स "),
        ("well-known धीरे-धीरे a-क क-a -5 x - y – z", "well-known धीरे धीरे a क क a -5 x   y   z"),
        ("ā ṛ é", "ā ṛ é"),
        ("।॥۔…؟،؛—", "....?,;,"),
    ],
)
def test_what_is_not_said_is_dropped(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("एक, दो।तीन", [("एक", ","), ("दो", "."), ("तीन", "")]),
        ("3.14, 1,000 at 10:30.", [("3.14", ","), ("1,000 at 10:30", ".")]),
        ("see a.b.c or U.S. now", [("see a.b.c or U.S", "."), ("now", "")]),
        ("क.ख", [("क", "."), ("ख", "")]),
        (" a \n b ", [("a b", "")]),
        ('("-") .', [("", ".")]),
        ("", []),
    ],
)
def test_it_is_cut_at_its_stops(text: str, expected: list[tuple[str, str]]) -> None:
    assert list(cut(text)) == expected


@pytest.mark.parametrize("text", ["a" * 1000, "ab " * 400, "a." * 500, "क" + "ा" * 999])
def test_clauses_and_words_are_bounded(text: str) -> None:
    clauses = list(cut(text))
    assert all(len(clause.words) <= 200 for clause in clauses)
    assert all(len(word) <= 60 for clause in clauses for word in clause.words.split())
    assert "".join(clause.words for clause in clauses).replace(" ", "") + clauses[-1].stop == (
        text.replace(" ", "")
    )


def test_a_long_word_is_broken_before_a_letter() -> None:
    word = "कि" * 29 + "ख" + "कि" * 10
    (clause,) = cut(word)
    assert [len(each) for each in clause.words.split()] == [59, 20]


def test_clauses_are_joined_with_one_of_equal_stops() -> None:
    clauses = [
        Clause("", "."),
        Clause("a", "?"),
        Clause("", "!"),
        Clause("", "!"),
        Clause("b", ""),
        Clause("c", "."),
    ]
    assert join(iter(clauses)) == "a?! b c."
    assert join(iter(clauses[:1])) == ""
