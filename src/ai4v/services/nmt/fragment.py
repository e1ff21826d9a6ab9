"""A piece of a line together with what of it is to be kept."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from ai4v.services.nmt.protection import Span, find_protected, has_letters
from ai4v.services.nmt.restoration import write_ascii_digits
from ai4v.services.nmt.sentence import cut_sentences

_NUMBER_PART: Final = re.compile(r"\d{2,}")


@dataclass(frozen=True)
class Fragment:
    """Some text on one line, without space at its ends."""

    text: str
    spans: tuple[Span, ...]
    """What is to be kept, in order."""
    whole_kept: frozenset[str] = frozenset()
    """What is to be kept in that which it was cut from."""

    @classmethod
    def of(cls, text: str, known: Sequence[str] = ()) -> "Fragment":
        """Find what is to be kept; `known` are kept whatever they look like."""
        return cls(text, find_protected(text, known), frozenset(known))

    @cached_property
    def kept(self) -> tuple[str, ...]:
        """What is to be kept, in order, as often as it occurs."""
        return tuple(self.text[span.start : span.end] for span in self.spans)

    @cached_property
    def watched(self) -> frozenset[str]:
        """What stands in its translation only where it is kept; in any digits, and parts of it."""
        ascii_forms = {write_ascii_digits(each) for each in self.whole_kept}
        parts = {part for each in ascii_forms for part in _NUMBER_PART.findall(each)}
        return self.whole_kept.union(ascii_forms, parts)

    @cached_property
    def has_words(self) -> bool:
        """Whether there is a letter, so something to be translated, apart from what is kept."""
        return any(has_letters(stretch) for stretch in self.stretches())

    def stretches(self) -> tuple[str, ...]:
        """Return what lies before, between and after the spans: one more than there are spans."""
        starts = (0, *(span.end for span in self.spans))
        ends = (*(span.start for span in self.spans), len(self.text))
        return tuple(self.text[start:end] for start, end in zip(starts, ends, strict=True))

    def sentences(self) -> tuple[tuple[str, "Fragment"], ...]:
        """Return its sentences, each with the space before it."""
        return self.cut(max(1, len(self.text)))

    def cut(self, limit: int) -> tuple[tuple[str, "Fragment"], ...]:
        """Return pieces of at most `limit` characters, each with the space before it."""
        whole_kept = self.whole_kept.union(self.kept)
        pieces = []
        before = 0
        for piece in cut_sentences(self.text, self.spans, limit=limit):
            pieces.append((self.text[before : piece.start], self._part(piece, whole_kept)))
            before = piece.end
        return tuple(pieces)

    def _part(self, piece: Span, whole_kept: frozenset[str]) -> "Fragment":
        first = bisect_left(self.spans, piece.start, key=lambda span: span.start)
        last = bisect_left(self.spans, piece.end, key=lambda span: span.start)
        spans = (
            Span(span.start - piece.start, span.end - piece.start)
            for span in self.spans[first:last]
        )
        return Fragment(self.text[piece.start : piece.end], tuple(spans), whole_kept)
