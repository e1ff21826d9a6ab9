import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ai4v.services.nmt.protection import find_protected
from ai4v.services.nmt.sentence import cut_sentences

_LINE = st.text(st.sampled_from("abक् ्ि‍ .,;!?।1/:Ж"), max_size=200).map(str.strip)


def _cut(text: str, limit: int = 600) -> list[str]:
    pieces = cut_sentences(text, find_protected(text), limit=limit)
    return [text[piece.start : piece.end] for piece in pieces]


@given(_LINE, st.integers(1, 60))
def test_only_space_is_between(text: str, limit: int) -> None:
    position = 0
    for piece in cut_sentences(text, find_protected(text), limit=limit):
        assert piece.start < piece.end
        assert not text[position : piece.start].strip()
        position = piece.end
    assert not text[position:].strip()


@given(_LINE, st.integers(1, 60))
def test_pieces_are_short_or_kept_whole(text: str, limit: int) -> None:
    spans = find_protected(text)
    for piece in cut_sentences(text, spans, limit=limit):
        assert piece.end - piece.start <= limit or piece in spans


@example("111111ि", 6)
@example("a 111111ि", 8)
@given(_LINE, st.integers(1, 60))
def test_no_cut_goes_through_what_is_kept(text: str, limit: int) -> None:
    spans = find_protected(text)
    for piece in cut_sentences(text, spans, limit=limit):
        for span in spans:
            assert not span.start < piece.start < span.end
            assert not span.start < piece.end < span.end


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("यह एक है। वह दो है॥ और?", ["यह एक है।", "वह दो है॥", "और?"]),
        ("یہ ایک ہے۔ وہ دو ہے؟ ہاں", ["یہ ایک ہے۔", "وہ دو ہے؟", "ہاں"]),
        ('He said "Go." Then left.', ['He said "Go."', "Then left."]),
        ("Dr. Rao met Mr. A. Sharma. Then", ["Dr. Rao met Mr. A. Sharma.", "Then"]),
        ("डॉ. राव आए। वे गए।", ["डॉ. राव आए।", "वे गए।"]),
        ("It costs Rs. 500. Pay!", ["It costs Rs. 500.", "Pay!"]),
        ("See https://a.in/b. Then go.", ["See https://a.in/b.", "Then go."]),
        ("3.5 kg of 1.2.3 it is.", ["3.5 kg of 1.2.3 it is."]),
        ("Well... yes.", ["Well...", "yes."]),
    ],
)
def test_sentences(text: str, pieces: list[str]) -> None:
    assert _cut(text) == pieces


def test_long_sentence_is_cut_at_a_clause() -> None:
    text = "when the rain had stopped at last, the children went out to play"
    assert _cut(text, 50) == [
        "when the rain had stopped at last,",
        "the children went out to play",
    ]


def test_sentence_without_clauses_is_cut_at_a_space() -> None:
    assert _cut("one two three four", 9) == ["one two", "three", "four"]


def test_letters_stay_with_their_marks() -> None:
    text = "कि" * 30
    for piece in _cut(text, 7):
        assert piece[0] == "क"


def test_address_longer_than_the_limit_stays_whole() -> None:
    address = "https://example.org/" + "a" * 80
    assert _cut(f"see {address} now", 30) == ["see", address, "now"]
