"""Probabilities of speech, one a frame, become spans of speech."""

import math
from collections.abc import Sequence

import msgspec

Span = tuple[int, int]
"""First sample and the one after the last."""


class Rule(msgspec.Struct, frozen=True):
    """What counts as speech.

    The thresholds are Silero's own; silence and padding are longer than its defaults (0.1 and
    0.03 s), since a recognizer loses the edges of words that are cut close.
    """

    threshold: float = 0.5
    """A span begins with a frame at or over it."""
    release: float = 0.35
    """A span goes on until frames are under it."""
    min_speech_s: float = 0.2
    """Shorter spans are noise."""
    min_silence_s: float = 0.3
    """Shorter pauses do not end a span."""
    padding_s: float = 0.2
    """Added before and after each span; spans that then meet are one."""


def find_spans(
    probabilities: Sequence[float], *, frame: int, length: int, rate_hz: int, rule: Rule
) -> list[Span]:
    """Return the spans in samples: ordered, apart from each other, within 0 and `length`.

    Args:
        probabilities: of speech, one a frame; the last frame may reach past the end.
        frame: samples a frame.
        length: samples of the whole audio.
        rate_hz: samples a second.
        rule: what counts.
    """
    min_speech = rule.min_speech_s * rate_hz
    padding = int(rule.padding_s * rate_hz)
    spans: list[Span] = []
    for first, last in _runs(probabilities, math.ceil(rule.min_silence_s * rate_hz / frame), rule):
        start, end = first * frame, min(last * frame, length)
        if end - start < min_speech:
            continue
        start, end = max(0, start - padding), min(length, end + padding)
        if spans and start <= spans[-1][1]:
            start = spans.pop()[0]
        spans.append((start, end))
    return spans


def _runs(probabilities: Sequence[float], patience: int, rule: Rule) -> list[tuple[int, int]]:
    """Return runs of frames with speech, each as its first frame and the one after its last."""
    runs: list[tuple[int, int]] = []
    first: int | None = None
    last = 0
    for index, probability in enumerate(probabilities):
        if first is None:
            if probability >= rule.threshold:
                first, last = index, index + 1
        elif probability >= rule.release:
            last = index + 1
        elif index + 1 - last >= patience:
            runs.append((first, last))
            first = None
    if first is not None:
        runs.append((first, last))
    return runs
