import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai4v.ports.recognizer import RecognizedSegment
from ai4v.services.asr.subtitles import (
    CUE_LINES,
    CUE_MS,
    LINE_GRAPHEMES,
    graphemes,
    lay_out,
    render_srt,
    render_webvtt,
)

_SRT_TIMES = re.compile(r"^(\d\d):(\d\d):(\d\d),(\d{3}) --> (\d\d):(\d\d):(\d\d),(\d{3})$")
_words = st.text(
    st.one_of(st.characters(min_codepoint=0x0900, max_codepoint=0x0DFF), st.sampled_from("ab<&>-")),
    min_size=1,
    max_size=60,
)


@st.composite
def _segments(draw: st.DrawFn) -> list[RecognizedSegment]:
    segments = []
    at_s = 0.0
    for _ in range(draw(st.integers(0, 6))):
        start_s = at_s + draw(st.floats(0, 5))
        end_s = start_s + draw(st.floats(0, 40))
        text = " ".join(draw(st.lists(_words, max_size=30)))
        segments.append(RecognizedSegment(start_s, end_s, text))
        at_s = end_s
    return segments


@settings(max_examples=40, deadline=None)
@given(_segments())
def test_cues_are_in_order_apart_and_short(segments: list[RecognizedSegment]) -> None:
    floor_ms = 0
    for cue in lay_out(segments):
        assert floor_ms <= cue.start_ms < cue.end_ms <= cue.start_ms + CUE_MS
        floor_ms = cue.end_ms


@settings(max_examples=40, deadline=None)
@given(_segments())
def test_lines_are_few_and_short(segments: list[RecognizedSegment]) -> None:
    for cue in lay_out(segments):
        assert 1 <= len(cue.lines) <= CUE_LINES
        assert all(1 <= len(graphemes(line)) <= LINE_GRAPHEMES for line in cue.lines)


@settings(max_examples=40, deadline=None)
@given(_segments())
def test_no_text_is_lost(segments: list[RecognizedSegment]) -> None:
    shown = "".join("".join(cue.lines) for cue in lay_out(segments))
    said = "".join(segment.text for segment in segments)
    assert "".join(shown.split()) == "".join(said.split())


@settings(max_examples=40, deadline=None)
@given(_segments())
def test_srt_can_be_read_back(segments: list[RecognizedSegment]) -> None:
    cues = lay_out(segments)
    blocks = render_srt(segments).strip("\n").split("\n\n") if cues else []
    assert len(blocks) == len(cues)
    for number, (block, cue) in enumerate(zip(blocks, cues, strict=True), start=1):
        lines = block.split("\n")
        assert lines[0] == str(number)
        match = _SRT_TIMES.match(lines[1])
        assert match
        hours, minutes, seconds, ms = map(int, match.groups()[:4])
        assert ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms == cue.start_ms
        assert len(lines) - 2 == len(cue.lines)
        assert not any("-->" in line for line in lines[2:])


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(min_codepoint=0x0900, max_codepoint=0x0DFF), max_size=40))
def test_graphemes_join_to_the_text(text: str) -> None:
    assert "".join(graphemes(text)) == text


@pytest.mark.parametrize(
    ("text", "clusters"),
    [
        ("नमस्ते", ("न", "म", "स्ते")),
        ("क्षत्रिय", ("क्ष", "त्रि", "य")),
        ("தமிழ்", ("த", "மி", "ழ்")),
        ("क्‍ष", ("क्‍ष",)),
        ("cafe\u0301", ("c", "a", "f", "e\u0301")),
    ],
)
def test_grapheme_is_what_a_reader_sees(text: str, clusters: tuple[str, ...]) -> None:
    assert graphemes(text) == clusters


def test_long_segment_becomes_cues_in_proportion() -> None:
    words = " ".join(["शब्द"] * 60)
    cues = lay_out([RecognizedSegment(0.0, 20.0, words)])
    assert len(cues) > 2
    assert cues[0].start_ms == 0
    assert cues[-1].end_ms == 20_000


def test_few_words_are_not_shown_for_a_whole_long_segment() -> None:
    (cue,) = lay_out([RecognizedSegment(1.0, 25.0, "हाँ")])
    assert (cue.start_ms, cue.end_ms) == (1_000, 1_000 + CUE_MS)


def test_webvtt() -> None:
    segments = [RecognizedSegment(3661.5, 3662.0, "a < b & c")]
    assert render_webvtt(segments) == (
        "WEBVTT\n\n01:01:01.500 --> 01:01:02.000\na &lt; b &amp; c\n"
    )


def test_srt() -> None:
    segments = [RecognizedSegment(0.0, 1.0, "एक"), RecognizedSegment(1.0, 2.0, "दो")]
    assert render_srt(segments) == (
        "1\n00:00:00,000 --> 00:00:01,000\nएक\n\n2\n00:00:01,000 --> 00:00:02,000\nदो\n"
    )


def test_nothing_to_show() -> None:
    assert render_srt([]) == ""
    assert render_webvtt([]) == "WEBVTT\n"
