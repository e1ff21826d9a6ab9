"""Segments become SubRip or WebVTT: readable lines, times that hold what players expect.

Line and cue limits are those in general use for subtitles (42 characters a line, two lines, at
most seven seconds). A line is measured in grapheme clusters, which is what a reader sees: an Indic
syllable of four code points is one.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ai4v.ports.recognizer import RecognizedSegment

LINE_GRAPHEMES: Final = 42
CUE_LINES: Final = 2
CUE_MS: Final = 7_000

_JOINERS: Final = frozenset("\u200c\u200d")
_VIRAMA_CLASS: Final = 9


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown from one moment to another."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]


def render_srt(segments: Sequence[RecognizedSegment]) -> str:
    """Lay out as SubRip; empty when there is nothing to show."""
    blocks = []
    for number, cue in enumerate(lay_out(segments), start=1):
        times = f"{_stamp(cue.start_ms, ',')} --> {_stamp(cue.end_ms, ',')}"
        text = "\n".join(line.replace("-->", "→") for line in cue.lines)
        blocks.append(f"{number}\n{times}\n{text}\n")
    return "\n".join(blocks)


def render_webvtt(segments: Sequence[RecognizedSegment]) -> str:
    """Lay out as WebVTT; the bare header when there is nothing to show."""
    blocks = ["WEBVTT\n"]
    for cue in lay_out(segments):
        times = f"{_stamp(cue.start_ms, '.')} --> {_stamp(cue.end_ms, '.')}"
        text = "\n".join(_escape(line) for line in cue.lines)
        blocks.append(f"{times}\n{text}\n")
    return "\n".join(blocks)


def lay_out(segments: Sequence[RecognizedSegment]) -> tuple[Cue, ...]:
    """Cut segments into cues: in order, never overlapping, each longer than nothing."""
    cues: list[Cue] = []
    free_ms = 0
    for segment in segments:
        start_ms = max(round(segment.start_s * 1000), free_ms)
        end_ms = max(round(segment.end_s * 1000), start_ms)
        for cue in _cues_of(segment.text, start_ms, end_ms):
            cues.append(cue)
            free_ms = cue.end_ms
    return tuple(cues)


def graphemes(text: str) -> tuple[str, ...]:
    """Cut text into what a reader sees as one sign.

    Marks and joiners stay with their base, and a consonant after a virama with the one before: the
    part of Unicode's UAX 29 that India's scripts need.
    """
    clusters: list[str] = []
    is_joined = False
    for character in text:
        is_mark = unicodedata.category(character).startswith("M") or character in _JOINERS
        if clusters and (is_mark or (is_joined and character.isalpha())):
            clusters[-1] += character
        else:
            clusters.append(character)
        is_virama = unicodedata.combining(character) == _VIRAMA_CLASS
        is_joined = is_virama or (is_joined and character == "\u200d")
    return tuple(clusters)


def _cues_of(text: str, start_ms: int, end_ms: int) -> Iterator[Cue]:
    words = [piece for word in text.split() for piece in _cut_word(word)]
    blocks = _blocks(words, -(-(end_ms - start_ms) // CUE_MS))
    sizes = [sum(_width(line) for line in lines) for lines in blocks]
    span_ms = max(end_ms - start_ms, len(blocks))
    shown = 0
    at_ms = start_ms
    for index, lines in enumerate(blocks):
        shown += sizes[index]
        left = len(blocks) - index - 1
        next_ms = start_ms + span_ms * shown // sum(sizes)
        next_ms = min(max(next_ms, at_ms + 1), start_ms + span_ms - left)
        yield Cue(at_ms, min(next_ms, at_ms + CUE_MS), lines)
        at_ms = next_ms


def _blocks(words: Sequence[str], wanted: int) -> list[tuple[str, ...]]:
    """Fill cues with words: at least `wanted` of them as far as words allow, none too full."""
    total = sum(_width(word) + 1 for word in words)
    target = min(LINE_GRAPHEMES * CUE_LINES, -(-total // max(1, wanted)))
    blocks: list[tuple[str, ...]] = []
    block: list[str] = []
    for word in words:
        candidate = _wrap([*block, word])
        is_full = len(candidate) > CUE_LINES or sum(map(_width, candidate)) > target
        if block and is_full:
            blocks.append(_wrap(block))
            block = []
        block.append(word)
    if block:
        blocks.append(_wrap(block))
    return blocks


def _wrap(words: Sequence[str]) -> tuple[str, ...]:
    lines: list[str] = []
    for word in words:
        if lines and _width(lines[-1]) + 1 + _width(word) <= LINE_GRAPHEMES:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines)


def _cut_word(word: str) -> Iterator[str]:
    clusters = graphemes(word)
    for first in range(0, len(clusters), LINE_GRAPHEMES):
        yield "".join(clusters[first : first + LINE_GRAPHEMES])


def _width(text: str) -> int:
    return len(graphemes(text))


def _stamp(at_ms: int, mark: str) -> str:
    seconds, ms = divmod(at_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{mark}{ms:03}"


def _escape(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
