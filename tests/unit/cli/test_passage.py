import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai4v.cli.passage import Piece, batch, cut, cut_texts


def test_paragraphs_are_pieces_and_know_their_lines() -> None:
    pieces, tail = cut("\n one\ntwo\n\n \n\tthree\n")
    assert pieces == (Piece("one\ntwo", "\n ", 2), Piece("three", "\n\n \n\t", 6))
    assert [piece.place for piece in pieces] == ["lines 2 to 3", "line 6"]
    assert tail == "\n"


@given(st.text(alphabet="ab .\n\r\tक।", max_size=200), st.integers(1, 20))
def test_nothing_is_lost_and_nothing_is_too_long(text: str, limit: int) -> None:
    pieces, tail = cut(text, limit=limit)
    assert "".join(piece.gap + piece.text for piece in pieces) + tail == text
    assert all(0 < len(piece.text) <= limit for piece in pieces)
    for place, piece in enumerate(pieces):
        before = "".join(other.gap + other.text for other in pieces[:place]) + piece.gap
        assert piece.first_line == before.count("\n") + 1


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("one two three\nfour. five", "one two three"),
        ("one two three. four five", "one two three."),
        ("एक दो तीन चार। पांच छह", "एक दो तीन चार।"),
        ("one two three four five", "one two three four"),
        ("o" * 30, "o" * 20),
    ],
)
def test_long_paragraph_is_cut_where_it_hurts_least(text: str, first: str) -> None:
    pieces, _ = cut(text, limit=20)
    assert pieces[0].text == first


def test_texts_are_named_and_end_with_a_line_break() -> None:
    pieces, tail = cut_texts(["one", " \n", "two\n"])
    assert [(piece.gap, piece.text, piece.place) for piece in pieces] == [
        ("", "one", "text 1, line 1"),
        ("\n \n", "two", "text 3, line 1"),
    ]
    assert tail == "\n"


def test_calls_are_filled_in_order() -> None:
    pieces, _ = cut_texts([str(number) * 4 for number in range(10, 15)])
    assert [len(some) for some in batch(pieces, limit=16)] == [2, 2, 1]
    assert [piece for some in batch(pieces, limit=16) for piece in some] == list(pieces)


def test_one_call_takes_ninety() -> None:
    pieces, _ = cut_texts(["x"] * 91)
    assert [len(some) for some in batch(pieces)] == [90, 1]
