import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai4v.contracts.audio import Audio
from ai4v.ports.recognizer import RecognizedSegment
from ai4v.ports.voiceactivity import SpeechSpan
from ai4v.services.asr.segments import (
    MARGIN_S,
    Window,
    cut,
    place,
    plan_windows,
    quietest_s,
)

_RATE_HZ = 1_000
_MAX_S = 30.0
_ROUNDING_S = 1e-6


def _noise(duration_s: float) -> Audio:
    samples = np.random.default_rng(7).uniform(-0.5, 0.5, round(duration_s * _RATE_HZ))
    return Audio(samples.astype(np.float32), _RATE_HZ)


def _spans(*times: tuple[float, float]) -> list[SpeechSpan]:
    return [SpeechSpan(start_s, end_s) for start_s, end_s in times]


@st.composite
def _recordings(draw: st.DrawFn) -> tuple[Audio, list[SpeechSpan]]:
    steps = draw(st.lists(st.tuples(st.floats(0.05, 20), st.floats(0.05, 100)), max_size=12))
    spans = []
    at_s = 0.0
    for pause_s, speech_s in steps:
        spans.append(SpeechSpan(at_s + pause_s, at_s + pause_s + speech_s))
        at_s += pause_s + speech_s
    return _noise(at_s + draw(st.floats(0.01, 10))), spans


@settings(max_examples=40, deadline=None)
@given(_recordings())
def test_windows_cover_all_speech_without_overlap_and_within_the_limit(
    recording: tuple[Audio, list[SpeechSpan]],
) -> None:
    audio, spans = recording
    windows = plan_windows(audio, spans, max_duration_s=_MAX_S)
    floor_s = 0.0
    for window in windows:
        assert floor_s - _ROUNDING_S <= window.start_s < window.end_s
        assert window.end_s <= audio.duration_s + _ROUNDING_S
        assert window.duration_s <= _MAX_S + _ROUNDING_S
        floor_s = window.end_s
    for span in spans:
        covered_s = sum(
            max(0.0, min(window.end_s, span.end_s) - max(window.start_s, span.start_s))
            for window in windows
        )
        assert covered_s == pytest.approx(
            min(span.end_s, audio.duration_s) - span.start_s, abs=1e-3
        )


@settings(max_examples=40, deadline=None)
@given(_recordings(), st.data())
def test_placed_segments_stay_in_their_window_in_order(
    recording: tuple[Audio, list[SpeechSpan]], data: st.DataObject
) -> None:
    audio, spans = recording
    floor_s = 0.0
    times = st.floats(-5, 50)
    for window in plan_windows(audio, spans, max_duration_s=_MAX_S):
        heard = [
            RecognizedSegment(start_s, end_s, "x")
            for start_s, end_s in data.draw(st.lists(st.tuples(times, times), max_size=4))
        ]
        for segment in place(window, heard, after_s=floor_s):
            assert floor_s - _ROUNDING_S <= segment.start_s <= segment.end_s
            assert window.start_s <= segment.start_s
            assert segment.end_s <= window.end_s + _ROUNDING_S
            floor_s = segment.end_s


def test_silence_has_no_windows() -> None:
    assert plan_windows(_noise(5), [], max_duration_s=_MAX_S) == ()


def test_short_clip_is_one_window_with_margins() -> None:
    windows = plan_windows(_noise(10), _spans((2, 4), (5, 7)), max_duration_s=_MAX_S)
    assert windows == (Window(2 - MARGIN_S, 7 + MARGIN_S),)


def test_margin_ends_where_the_file_does() -> None:
    windows = plan_windows(_noise(3), _spans((0.1, 2.9)), max_duration_s=_MAX_S)
    assert windows == (Window(0.0, 3.0),)


def test_full_window_is_cut_at_the_longest_pause_of_its_last_third() -> None:
    spans = _spans((0, 10), (12, 22), (23.5, 26), (26.2, 35))
    first, second = plan_windows(_noise(40), spans, max_duration_s=_MAX_S)
    assert first.end_s == pytest.approx(22 + MARGIN_S)
    assert second.start_s == pytest.approx(23.5 - MARGIN_S)


def test_long_silence_always_ends_a_window() -> None:
    windows = plan_windows(_noise(20), _spans((1, 2), (12, 14)), max_duration_s=_MAX_S)
    assert len(windows) == 2


def test_neighbours_share_a_short_pause() -> None:
    spans = _spans((0, 29), (29.2, 50))
    first, second = plan_windows(_noise(60), spans, max_duration_s=_MAX_S)
    assert first.end_s == second.start_s == pytest.approx(29.1)


def test_speech_without_a_pause_is_cut_where_it_is_quietest() -> None:
    audio = _noise(50)
    audio.samples[22_000:22_100] = 0
    first, second = plan_windows(audio, _spans((0, 50)), max_duration_s=_MAX_S)
    assert 22.0 <= first.end_s <= 22.1
    assert first.end_s == second.start_s


def test_quietest_of_next_to_nothing_is_its_middle() -> None:
    audio = _noise(1)
    assert quietest_s(audio.samples, _RATE_HZ, 0.5, 0.502) == pytest.approx(0.501)


def test_cut_takes_the_samples_of_the_window() -> None:
    audio = _noise(10)
    piece = cut(audio, Window(2.0, 3.5))
    assert np.array_equal(piece.samples, audio.samples[2_000:3_500])
    assert piece.rate_hz == _RATE_HZ


def test_place_moves_to_the_time_of_the_file() -> None:
    placed = place(Window(30.0, 40.0), [RecognizedSegment(1.0, 2.5, "नमस्ते")], after_s=12.0)
    assert placed == (RecognizedSegment(31.0, 32.5, "नमस्ते"),)
