"""Cuts a line into sentences, and what is too long for an engine further, around what is kept.

Nothing is lost: the pieces and the spaces between them are the line.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

from ai4v.services.nmt.protection import Span

_SENTENCE: Final = re.compile(r"(?:[.!?…]+|[।॥۔؟꯫᱾᱿]+)[\"'”’»)\]]*(?=\s)")
_CLAUSE: Final = re.compile(r"[,;:—–،؛)\]](?=\s)|\s[-—–](?=\s)")
_SPACE: Final = re.compile(r"(?=\s)")
_SHORT_FORM: Final = re.compile(
    r"(?:^|[\s(\"'])(?:[^\W\d_]|Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|Smt|Shri|Rs|No|Nos|vs|etc|e\.g|i\.e|viz"
    r"|Fig|Vol|pp|Lt|Col|Gen|Capt|Govt|Dept|Ltd|Inc|Co|डॉ|श्री|प्रो|रु|सं)\.$"
)
_NUMBER_AT_START: Final = re.compile(r"^\(?\d{1,3}\.$")
_JOINERS: Final = "\u200c\u200d"


def cut_sentences(text: str, protected: Sequence[Span], *, limit: int) -> tuple[Span, ...]:
    """Return the sentences of `text`, at most `limit` characters long; only space lies between.

    Args:
        text: one line.
        protected: what no cut goes through; a piece longer than `limit` is one of these alone.
        limit: at least 1; what is longer is cut at clauses, else at spaces, else anywhere.
    """
    ends = [*_sentence_ends(text, protected), len(text)]
    pieces: list[Span] = []
    start = 0
    for end in ends:
        piece = _trim(text, start, end)
        if piece.start < piece.end:
            pieces += _cut(text, piece, protected, limit)
        start = end
    return tuple(pieces)


def _sentence_ends(text: str, protected: Sequence[Span]) -> Iterator[int]:
    start = 0
    for found in _SENTENCE.finditer(text):
        end = found.end()
        said = text[start:end].lstrip()
        is_inside = _place(protected, end) != end
        if is_inside or _SHORT_FORM.search(said[-12:]) or _NUMBER_AT_START.match(said):
            continue
        yield end
        start = end


def _cut(text: str, piece: Span, protected: Sequence[Span], limit: int) -> Iterator[Span]:
    start = piece.start
    while piece.end - start > limit:
        end = _best_end(text, start, start + limit, protected)
        part = _trim(text, start, end)
        if part.start < part.end:
            yield part
        start = _trim(text, end, piece.end).start
    if start < piece.end:
        yield Span(start, piece.end)


def _best_end(text: str, start: int, latest: int, protected: Sequence[Span]) -> int:
    """Return where to cut: after a clause in the second half, else at a space, else anywhere."""
    middle = (start + latest) // 2
    for pattern, earliest in ((_CLAUSE, middle), (_SPACE, start + 1)):
        ends = [found.end() for found in pattern.finditer(text, earliest, latest + 1)]
        for end in reversed(ends):
            if end <= latest and _place(protected, end) == end:
                return end
    end = _place(protected, latest)
    if end > start:
        letter = _place(protected, _before_mark(text, start, end))
        return letter if letter > start else end
    return next(span.end for span in protected if span.start < latest < span.end)


def _place(protected: Sequence[Span], end: int) -> int:
    """Return `end`, or the start of the protected span that it lies within."""
    before = bisect_right(protected, end, key=lambda span: span.start) - 1
    if before >= 0 and protected[before].start < end < protected[before].end:
        return protected[before].start
    return end


def _before_mark(text: str, start: int, end: int) -> int:
    """Return `end`, or a little before, so that no letter is parted from its marks."""
    place = end
    while place > start + 1 and (_is_mark(text[place]) or text[place - 1] in _JOINERS):
        place -= 1
    return place if place > start + 1 else end


def _is_mark(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character).startswith("M")


def _trim(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)
