import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai4v.adapters.memory.translator import memory_info
from ai4v.ports.translator import Passage, Translation
from ai4v.services.nmt.direction import Direction, DirectionTable
from ai4v.services.nmt.fragment import Fragment
from ai4v.services.nmt.rendering import Rendering, gather, render_text
from tests.support.wording import (
    Engine,
    double,
    drop,
    respell,
    run,
)

_LIMIT = 300
_TABLE = DirectionTable.of(memory_info())
_DIRECTIONS = [pytest.param(each, id=f"{each.source}-{each.target}") for each in _TABLE.directions]


def _way(source: str, target: str) -> Direction:
    way = _TABLE.find(source, target)
    assert way is not None
    return way


def _render(
    text: str, engine: Engine = respell, *, source: str = "en", target: str = "hi"
) -> Rendering:
    return run(render_text(text, _way(source, target), limit=_LIMIT), engine)[0]


def _digits(text: str) -> Counter[str]:
    return Counter(re.findall(r"\d+", text))


def test_every_direction_is_held() -> None:
    assert sum(len(each.legs) == 2 for each in _TABLE.directions) == 8
    assert len(_TABLE.directions) == 15


@given(st.text(st.sampled_from("ab क1५.,!?।:/@#-%\n\r\t•)("), max_size=120))
def test_digits_and_line_breaks_of_any_text_stay(text: str) -> None:
    for engine in (respell, drop, double):
        target = _render(text, engine).text
        assert _digits(target) == _digits(text)
        assert re.findall(r"[\n\r\t]", target) == re.findall(r"[\n\r\t]", text)


@given(st.text(st.sampled_from("ab क1५.,!?।:/@#-%\n\r\t•)("), max_size=120), st.integers(1, 40))
def test_engine_is_never_asked_what_it_does_not_take(text: str, limit: int) -> None:
    _, rounds = run(render_text(text, _way("hi", "bn"), limit=limit), drop)
    for passage in (passage for some in rounds for passage in some):
        assert any(each.isalpha() for each in passage.text)
        assert len(passage.text) <= limit
        assert not re.search(r"[\n\r\t]", passage.text)
        assert passage.text == passage.text.strip()
        assert (passage.source, passage.target) in {("hi", "en"), ("en", "bn")}
        assert all(each in passage.text for each in passage.keep)


def test_layout_comes_out_as_it_went_in() -> None:
    text = "  - one two\r\n\r\n\t1. three  \n• \n> four\tfive \n"
    assert _render(text).text == re.sub("[a-z]+", lambda word: _render(word[0]).text, text)


def test_same_language_passes_through() -> None:
    text = "- यह 5 है।\n\n  कल\t"
    rendering, rounds = run(render_text(text, _way("hi", "hi"), limit=_LIMIT), drop)
    assert rendering == Rendering(text)
    assert rounds == []


def test_same_language_in_other_letters_is_told() -> None:
    assert not _render("yah theek hai", source="hi", target="hi").is_script_right


@pytest.mark.parametrize(
    "text", ["12345", "😀", "https://example.org/a", "- 5.5%\n* {name}", "..."]
)
def test_text_without_words_is_not_asked(text: str) -> None:
    rendering, rounds = run(render_text(text, _way("en", "hi"), limit=_LIMIT), drop)
    assert rendering == Rendering(text, has_words=False)
    assert rounds == []


def test_sentences_of_a_text_are_asked_together() -> None:
    _, rounds = run(render_text("One. Two.\nThree", _way("en", "hi"), limit=_LIMIT), respell)
    assert [[passage.text for passage in some] for some in rounds] == [["One.", "Two.", "Three"]]


def test_through_english_each_leg_is_asked_for_the_whole_text() -> None:
    _, rounds = run(render_text("क ख। ग\nघ 5", _way("hi", "bn"), limit=_LIMIT), respell)
    assert [(some[0].source, some[0].target, len(some)) for some in rounds] == [
        ("hi", "en", 3),
        ("en", "bn", 3),
    ]
    assert rounds[1][2].keep == ("5",)


def test_number_lost_at_first_may_come_back_in_parts() -> None:
    text = "when the rain had stopped, 5 children went out"
    _, rounds = run(
        render_text(text, _way("en", "hi"), limit=_LIMIT),
        lambda passage: (drop if passage.text == text else respell)(passage),
    )
    assert [[passage.text for passage in some] for some in rounds] == [
        [text],
        ["when the rain had stopped,", "5 children went out"],
    ]


def test_number_lost_again_is_put_back_between_what_surrounds_it() -> None:
    rendering, rounds = run(
        render_text("the 5 cows (12) left", _way("en", "hi"), limit=_LIMIT), drop
    )
    assert [passage.text for passage in rounds[-1]] == ["the", "cows", "left"]
    assert re.fullmatch(r"\w+ 5 \w+ \(12\) \w+", rendering.text)
    assert rendering.is_whole


def _nothing(_passage: Passage) -> Translation:
    return Translation("", is_whole=True)


def _only_kept(passage: Passage) -> Translation:
    return Translation(" ".join(passage.keep), is_whole=True)


@pytest.mark.parametrize("engine", [_nothing, _only_kept])
@pytest.mark.parametrize("text", ["hello", "the 5 cows left", "hello\n\nworld 5"])
@pytest.mark.parametrize("pair", [("en", "hi"), ("hi", "bn")])
def test_nothing_is_a_failure(text: str, engine: Engine, pair: tuple[str, str]) -> None:
    rendering = _render(text, engine, source=pair[0], target=pair[1])
    assert rendering.has_failed
    assert not rendering.is_whole


def test_a_line_of_which_nothing_came_is_told() -> None:
    rendering = _render(
        "hello\nworld 5",
        lambda passage: (_nothing if passage.text == "hello" else respell)(passage),
    )
    assert not rendering.has_failed
    assert not rendering.is_whole
    assert rendering.text.startswith("\n")


def test_what_is_not_whole_is_tried_in_parts() -> None:
    text = "when the long rain had stopped, children went out"

    def stop_early(passage: Passage) -> Translation:
        return Translation(respell(passage).text, is_whole=passage.text != text)

    assert _render(text, stop_early).is_whole
    assert not _render(text, lambda _: Translation("क", is_whole=False)).is_whole


def test_loop_is_told_and_cut() -> None:
    rendering = _render("it is good", lambda _: Translation("आम " * 40, is_whole=True))
    assert rendering.text == "आम"
    assert not rendering.is_whole


def test_loop_of_the_text_itself_is_none() -> None:
    text = "no no no no no no"
    rendering = _render(text)
    assert rendering.is_whole
    assert len(rendering.text.split()) == 6


def test_copy_is_in_the_wrong_script() -> None:
    rendering = _render("hello 5kg", lambda passage: Translation(passage.text, is_whole=True))
    assert not rendering.is_script_right
    assert _render("hello 5kg").is_script_right


def test_gathered_results_are_in_order() -> None:
    texts = ["one", "5", "two 2. three", ""]
    askings = [render_text(text, _way("en", "hi"), limit=_LIMIT) for text in texts]
    together, rounds = run(gather(askings), respell)
    assert [each.text for each in together] == [_render(text).text for text in texts]
    assert len(rounds) == 1


def test_engine_is_shown_ascii_digits_and_the_texts_own_come_back() -> None:
    rendering, rounds = run(render_text("क ५० ख", _way("hi", "en"), limit=_LIMIT), respell)
    assert [(each.text, each.keep) for each in rounds[0]] == [("क 50 ख", ("50",))]
    assert len(rounds) == 1
    assert re.fullmatch(r"\w ५० \w", rendering.text)


def test_number_written_in_other_digits_is_not_lost() -> None:
    rendering, rounds = run(
        render_text("it costs 5,000 now", _way("en", "hi"), limit=_LIMIT),
        lambda _: Translation("यह ५००० का है", is_whole=True),
    )
    assert rendering.text == "यह 5,000 का है"
    assert len(rounds) == 1


@pytest.mark.parametrize("said", ["यह है\u200c\u200c\u200d", "\u200bयह\u200c\u200c है \u200d"])
def test_joiners_that_join_nothing_are_left_out(said: str) -> None:
    text = _render("it is", lambda _: Translation(said, is_whole=True)).text
    assert text.replace("\u200c", "") == "यह है"
    assert not text.endswith(("\u200c", "\u200d"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("price of ABC-123 now", "ABC-123 का दाम 123"),
        ("write to help@example.org now", "Help@example.org पर help@example.org लिखें"),
        ("see https://example.org/12 now", "https://example.org/12 और 12 देखें"),
        ("look there now, please", "https://example.com देखें"),
    ],
)
def test_what_an_engine_makes_up_of_what_is_kept_is_left_out(text: str, said: str) -> None:
    target = _render(text, lambda _: Translation(said, is_whole=True)).text
    assert _digits(target) == _digits(text)
    assert target.lower().count("example") == text.count("example")


@pytest.mark.parametrize("sign", [":", "/", ",", "-", ".", "x", "", "–"])
@pytest.mark.parametrize(
    "text", ["I have 7 a 85% headache.", "at 9 and 10", "है 7अ85 क", "है 7अ:85 क", "7ब85%"]
)
@pytest.mark.parametrize("pair", [("en", "bn"), ("hi", "en"), ("hi", "bn")])
def test_what_is_kept_is_not_made_one(text: str, sign: str, pair: tuple[str, str]) -> None:
    def join(passage: Passage) -> Translation:
        said = f"क {sign.join(passage.keep)} क" if passage.keep else sign
        return Translation(said, is_whole=True)

    target = _render(text, join, source=pair[0], target=pair[1]).text
    assert sorted(Fragment.of(target).kept) == sorted(Fragment.of(text).kept)


_HIDDEN = "\ufeff\u202eHel\u00adlo\u202c \u2066there\u2069 5\u200e."


def test_engine_is_shown_no_signs_that_nobody_sees() -> None:
    _, rounds = run(render_text(_HIDDEN, _way("en", "hi"), limit=_LIMIT), respell)
    assert [each.text for some in rounds for each in some] == ["Hello there 5."]


def test_text_that_stays_keeps_signs_that_nobody_sees() -> None:
    assert _render(_HIDDEN, target="en").text == _HIDDEN


def test_flag_and_joined_letters_keep_what_joins_them() -> None:
    text = "Go \U0001f3f4\U000e0067\U000e007f क्\u200dष."
    _, rounds = run(render_text(text, _way("en", "hi"), limit=_LIMIT), respell)
    assert rounds[0][0].text == text
