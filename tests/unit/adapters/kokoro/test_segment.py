import pytest

from ai4v.adapters.kokoro.segment import MAX_SYMBOLS, cut

_CLAUSE = "ðə wˈɛðəɹ ɪz nˈIs"


def test_what_is_short_stays_whole() -> None:
    assert cut(f" {_CLAUSE}, {_CLAUSE}. ") == ((f"{_CLAUSE}, {_CLAUSE}.", 0.0),)


@pytest.mark.parametrize("symbols", ["", " ", ".", "?! —"])
def test_nothing_comes_of_nothing(symbols: str) -> None:
    assert cut(symbols) == ()


def test_cuts_after_sentences_before_clauses() -> None:
    sentence = f"{_CLAUSE}, {_CLAUSE}, {_CLAUSE}."
    segments = cut(" ".join([sentence] * 5))
    assert {segment.symbols[-1] for segment in segments} == {"."}
    assert [segment.pause_s for segment in segments] == [0.25] * (len(segments) - 1) + [0.0]


def test_cuts_after_clauses_before_words() -> None:
    segments = cut(", ".join([_CLAUSE] * 20))
    assert {segment.pause_s for segment in segments[:-1]} == {0.12}
    assert all(segment.symbols.endswith(",") for segment in segments[:-1])


def test_cuts_between_words_where_there_is_no_stop() -> None:
    text = " ".join([_CLAUSE] * 20)
    segments = cut(text)
    assert " ".join(segment.symbols for segment in segments) == text
    assert {segment.pause_s for segment in segments} == {0.0}


def test_the_flap_of_hindi_ends_no_sentence() -> None:
    segments = cut(" ".join(["sˈʌr.ək pəhˈaːr. ɡˈaːr.i"] * 10))
    assert {segment.pause_s for segment in segments} == {0.0}
    assert cut("pəhˈaːr.. " * 20)[0].pause_s == 0.25


def test_a_word_without_end_is_cut() -> None:
    assert [len(segment.symbols) for segment in cut("a" * 400)] == [150, 150, 100]


def test_no_segment_is_a_crumb() -> None:
    segments = cut(" ".join(["ab"] * 52))
    assert min(len(segment.symbols) for segment in segments) > MAX_SYMBOLS // 3


@pytest.mark.parametrize(("speed", "limit"), [(0.5, 75), (0.8, 120), (1.0, 150), (2.0, 150)])
def test_a_segment_lasts_no_longer_when_the_voice_is_slow(speed: float, limit: int) -> None:
    lengths = [len(segment.symbols) for segment in cut("ab " * 500, speed=speed)]
    assert limit * 0.8 < max(lengths) <= limit
