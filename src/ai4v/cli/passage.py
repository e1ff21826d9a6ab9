"""Cuts a long text into pieces that can be sent, at paragraphs, and remembers what lay between.

Pure. The gaps and texts of all pieces, then the last gap, are the whole text again.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ai4v.contracts.nmt import MAXIMUM_TEXTS

PIECE_CHARACTERS: Final = 4_000
"""Longest piece, and most characters of one call unless told otherwise: far below what the service
takes (10,000 a text, 50,000 a call), so that a small machine is done long before the deadline."""
_BETWEEN: Final = re.compile(r"\n[^\S\n]*\n\s*")
_STOP: Final = re.compile(r"[.?!।॥۔؟᱾꯫][\"'”’)\]]*\s+")
_SPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph, or as much of a long one as is sent at once."""

    text: str
    """Without space at its ends; never empty."""
    gap: str
    """What stands before it: blank lines and spaces."""
    first_line: int
    """Of its text, from 1."""
    name: str = ""
    """Of its text, where there are several."""

    @property
    def place(self) -> str:
        """Name its lines."""
        text = f"{self.name}, " if self.name else ""
        last_line = self.first_line + self.text.count("\n")
        if last_line == self.first_line:
            return f"{text}line {self.first_line}"
        return f"{text}lines {self.first_line} to {last_line}"

    @property
    def has_letters(self) -> bool:
        """Whether there is anything to translate."""
        return any(character.isalpha() for character in self.text)


def cut_texts(texts: Sequence[str]) -> tuple[tuple[Piece, ...], str]:
    """Return the pieces of all texts, each ended by a line break, and what comes after them."""
    pieces: list[Piece] = []
    gap = ""
    for number, text in enumerate(texts, start=1):
        some, after = cut(text, name=f"text {number}" if len(texts) > 1 else "")
        if some:
            pieces += (replace(some[0], gap=gap + some[0].gap), *some[1:])
            gap = ""
        gap += after if after.endswith("\n") else after + "\n"
    return tuple(pieces), gap


def cut(
    text: str, *, name: str = "", limit: int = PIECE_CHARACTERS
) -> tuple[tuple[Piece, ...], str]:
    """Return the pieces of a text, each of at most `limit` characters, and what comes after them.

    A paragraph over the limit is cut at the end of a line, else of a sentence, else of a word,
    else in the middle of one.
    """
    pieces: list[Piece] = []
    gap, line = "", 1
    for stretch in _split(text, limit):
        core = stretch.strip()
        if not core:
            gap += stretch
            continue
        before, after = stretch.split(core, 1)
        gap += before
        line += gap.count("\n")
        pieces.append(Piece(core, gap, line, name))
        line += core.count("\n")
        gap = after
    return tuple(pieces), gap


def batch(pieces: Sequence[Piece], *, limit: int = PIECE_CHARACTERS) -> Iterator[tuple[Piece, ...]]:
    """Put pieces together, in order, into as few calls of `limit` characters as it takes."""
    some: list[Piece] = []
    for piece in pieces:
        size = sum(len(other.text) for other in some) + len(piece.text)
        if some and (size > limit or len(some) == MAXIMUM_TEXTS):
            yield tuple(some)
            some = []
        some.append(piece)
    if some:
        yield tuple(some)


def _split(text: str, limit: int) -> Iterator[str]:
    begin = 0
    for gap in _BETWEEN.finditer(text):
        yield from _split_paragraph(text[begin : gap.start()], limit)
        yield gap[0]
        begin = gap.end()
    yield from _split_paragraph(text[begin:], limit)


def _split_paragraph(text: str, limit: int) -> Iterator[str]:
    begin = 0
    while len(text) - begin > limit:
        end = _find_cut(text[begin : begin + limit])
        yield text[begin : begin + end]
        begin += end
    yield text[begin:]


def _find_cut(window: str) -> int:
    """Return where to cut: the last good place in the second half of `window`, else its end."""
    half = len(window) // 2
    if (line_end := window.rfind("\n", half)) >= 0:
        return line_end + 1
    for pattern in (_STOP, _SPACE):
        ends = [found.end() for found in pattern.finditer(window, half)]
        if ends:
            return ends[-1]
    return len(window)
