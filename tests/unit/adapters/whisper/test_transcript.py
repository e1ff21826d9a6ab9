from collections.abc import Sequence

import pytest

from ai4v.adapters.whisper.transcript import (
    Loop,
    Piece,
    cut_loop,
    cut_timeline,
    drop_repeats,
    find_loop,
    find_text_loop,
)

_STAMP = 1000


def _at(seconds: float) -> int:
    return _STAMP + round(seconds / 0.02)


def test_stamps_cut_the_text() -> None:
    timeline = cut_timeline(
        [_at(0), 1, 2, _at(1.5), _at(2), 3, _at(3)], first_stamp=_STAMP, duration_s=3.0
    )
    assert timeline.pieces == (Piece(0.0, 1.5, (1, 2)), Piece(2.0, 3.0, (3,)))
    assert timeline.resume_s is None


def test_a_window_that_was_not_finished_says_where_to_go_on() -> None:
    timeline = cut_timeline([_at(0), 1, _at(20), _at(20.5)], first_stamp=_STAMP, duration_s=30.0)
    assert timeline.resume_s == 20.5


def test_text_without_stamps_fills_the_window() -> None:
    timeline = cut_timeline([1, 2], first_stamp=_STAMP, duration_s=4.0)
    assert timeline.pieces == (Piece(0.0, 4.0, (1, 2)),)


def test_stamps_beyond_the_clip_end_with_it() -> None:
    timeline = cut_timeline([_at(0), 1, _at(6)], first_stamp=_STAMP, duration_s=4.0)
    assert timeline.pieces == (Piece(0.0, 4.0, (1,)),)


def test_nothing_is_nothing() -> None:
    timeline = cut_timeline([_at(0), _at(0)], first_stamp=_STAMP, duration_s=4.0)
    assert timeline.pieces == ()
    assert timeline.resume_s is None


@pytest.mark.parametrize(
    ("tokens", "loop"),
    [
        ([1, 2, 3], None),
        ([7] * 9, None),
        ([7] * 10, Loop(0, 1)),
        ([5, *([1, 2, 3] * 3)], None),
        ([5, *([1, 2, 3] * 4)], Loop(1, 3)),
        ([1, 2] * 5, Loop(0, 2)),
        ([], None),
    ],
)
def test_a_loop_is_a_phrase_said_many_times(tokens: list[int], loop: Loop | None) -> None:
    assert find_loop(tokens) == loop


def test_a_loop_keeps_its_first_turn_whatever_stamps_are_in_it() -> None:
    tokens = [9, *([1, 2, 3, _at(1)] * 6)]
    assert find_text_loop(tokens, first_stamp=_STAMP) == Loop(1, 3)
    assert cut_loop(tokens, first_stamp=_STAMP) == (9, 1, 2, 3)


def test_what_does_not_loop_is_kept() -> None:
    assert cut_loop([1, 2, _at(1)], first_stamp=_STAMP) == (1, 2, _at(1))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Hello my name . Hello my name .", "Hello my name . Hello my name ."),
        ("Hello my name is . Hello my name is .", "Hello my name is ."),
        ("Hello , my name is Anita . Hello my name is An ita", "Hello , my name is Anita ."),
        ("On the road two people went . two people went on", "On the road two people went ."),
        ("in tree sits the bird . the bird sits in tree .", "in tree sits the bird ."),
        ("the bird sits in tree . On the road two people went .",) * 2,
        ("the bird sits in tree . Go . the bird sits in tree .",) * 2,
        ("two people went . two people and then two people went .",) * 2,
        ("a bird sits in tree . a bird sits in . Hello . Go", "a bird sits in tree . Hello . Go"),
        ("", ""),
    ],
)
def test_a_sentence_without_a_new_word_is_left_out(said: str, kept: str) -> None:
    vocabulary = sorted(set(said.split()))

    def encode(text: str) -> tuple[int, ...]:
        return tuple(vocabulary.index(word) for word in text.split())

    def decode(tokens: Sequence[int]) -> str:
        return " ".join(vocabulary[token] for token in tokens).replace("An ita", "Anita")

    ends = {place for place, word in enumerate(vocabulary) if word == "."}
    assert drop_repeats(encode(said), ends=ends, decode=decode) == encode(kept)
