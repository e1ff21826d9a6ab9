"""Where to cut symbols that are more than the model is given at once. Pure.

The memory of the engine grows with its longest sound, and others wait while it makes one.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

MAX_SYMBOLS: Final = 150
"""Of one segment at the voice's own speed or a higher one; some 10 s."""
_BREAKS: Final = (
    (re.compile("(?:(?<!r)[.]|[!?…])+"), 0.25),
    (re.compile("[,;:—]+"), 0.12),
    (re.compile(" "), 0.0),
)
"""Ends of sentences, of clauses and of words with their pauses, the best place for a cut first;
`r.` is a sound of Hindi."""


class Segment(NamedTuple):
    """What the model speaks at once."""

    symbols: str
    pause_s: float
    """After it, at speed 1."""


def cut(symbols: str, *, speed: float = 1.0) -> tuple[Segment, ...]:
    """Cut into segments of about the same length, shorter where the voice is slow.

    The cut is after a sentence, else after a clause, else between words, at the place nearest to
    where the segments would be of one length. A word is cut only when it is a segment by itself.

    Args:
        symbols: of one passage; nothing comes of what has no sound.
        speed: 0.5 to 2.
    """
    limit = round(MAX_SYMBOLS * min(1.0, speed))
    return tuple(segment for segment in _cut(symbols.strip(), limit) if _is_said(segment.symbols))


def _cut(rest: str, limit: int) -> Iterator[Segment]:
    while len(rest) > limit:
        end, pause_s = _place(rest, limit)
        yield Segment(rest[:end].rstrip(), pause_s)
        rest = rest[end:].lstrip()
    yield Segment(rest, 0.0)


def _place(symbols: str, limit: int) -> tuple[int, float]:
    """Return where the first segment ends, and the pause there."""
    goal = len(symbols) // -(-len(symbols) // limit)
    for pattern, pause_s in _BREAKS:
        ends = [found.end() for found in pattern.finditer(symbols, 0, limit)]
        near = [end for end in ends if end >= goal // 2]
        if near:
            return min(near, key=lambda end: abs(end - goal)), pause_s
    return limit, 0.0


def _is_said(symbols: str) -> bool:
    return any(sign.isalpha() for sign in symbols)
