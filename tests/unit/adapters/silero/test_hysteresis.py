import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ai4v.adapters.silero.hysteresis import Rule, Span, find_spans

_FRAME = 512
_RATE_HZ = 16_000
_BARE = Rule(min_speech_s=0.0, min_silence_s=0.032, padding_s=0.0)
"""No minimum, no padding, a pause of one frame parts."""


def spans(probabilities: list[float], rule: Rule = _BARE, short_by: int = 0) -> list[Span]:
    return find_spans(
        probabilities,
        frame=_FRAME,
        length=max(0, len(probabilities) * _FRAME - short_by),
        rate_hz=_RATE_HZ,
        rule=rule,
    )


def frames(*edges: int) -> Span:
    return edges[0] * _FRAME, edges[1] * _FRAME


def test_a_span_begins_over_the_threshold_and_goes_on_to_the_release() -> None:
    assert spans([0.4, 0.5, 0.4, 0.36, 0.34, 0.4]) == [frames(1, 4)]


def test_a_short_pause_does_not_end_a_span() -> None:
    rule = Rule(min_speech_s=0.0, min_silence_s=0.09, padding_s=0.0)
    assert spans([1, 0, 0, 1, 0, 0, 0, 1], rule) == [frames(0, 4), frames(7, 8)]


def test_a_short_span_is_noise() -> None:
    rule = Rule(min_speech_s=0.064, min_silence_s=0.032, padding_s=0.0)
    assert spans([1, 0, 1, 1, 0], rule) == [frames(2, 4)]


def test_padding_joins_what_it_brings_together_and_stays_inside() -> None:
    rule = Rule(min_speech_s=0.0, min_silence_s=0.032, padding_s=0.032)
    assert spans([1, 0, 0, 1, 0, 0, 0, 1], rule) == [frames(0, 5), frames(6, 8)]


def test_the_last_frame_ends_with_the_audio() -> None:
    assert spans([0, 1], short_by=100) == [(_FRAME, 2 * _FRAME - 100)]


@pytest.mark.parametrize("probabilities", [[], [0.0] * 50])
def test_no_speech_no_spans(probabilities: list[float]) -> None:
    assert spans(probabilities) == []


@given(
    some.lists(some.floats(0, 1), max_size=200),
    some.floats(0, 0.5),
    some.floats(0, 0.5),
    some.floats(0, 0.5),
    some.integers(0, _FRAME - 1),
)
def test_spans_are_ordered_apart_and_inside(
    probabilities: list[float], speech_s: float, silence_s: float, padding_s: float, short_by: int
) -> None:
    rule = Rule(min_speech_s=speech_s, min_silence_s=silence_s, padding_s=padding_s)
    found = spans(probabilities, rule, short_by)
    edges = list(itertools.chain.from_iterable(found))
    assert edges == sorted(set(edges))
    assert all(0 <= edge <= max(0, len(probabilities) * _FRAME - short_by) for edge in edges)


@given(some.lists(some.floats(0, 1), max_size=100))
def test_every_loud_frame_is_kept_when_nothing_is_too_short(probabilities: list[float]) -> None:
    found = spans(probabilities)
    for index, probability in enumerate(probabilities):
        if probability >= _BARE.threshold:
            assert any(start <= index * _FRAME < end for start, end in found)
