"""Text as espeak-ng can be trusted with it. Pure.

espeak-ng 1.52 overruns a buffer, and its process dies, when one clause holds some two hundred words
that end in a full stop without a space after it (seen; between letters of other scripts than Latin
75 are enough). So clauses and words are bounded here, whatever the text, and it is given one clause
at a time.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import Final, NamedTuple

from ai4v.contracts.language import SCRIPTS

STOPS: Final = ".,;:!?"
_LONGEST_CLAUSE: Final = 200
"""In characters."""
_LONGEST_WORD: Final = 60
_SHORTEST_BREAK: Final = 40
_SAME_SIGN: Final = str.maketrans("।॥۔…؟،؛—–‐‑‒−", "....?,;,-----")
_HYPHEN: Final = re.compile(r"(?<![A-Za-z0-9])-(?!\d)|-(?![A-Za-z0-9])")
"""A hyphen that is neither inside Latin nor before a number; all others can crash espeak-ng."""
_STOP: Final = re.compile(
    r"[;!?]|(?<![A-Za-z\d])\.|\.(?![A-Za-z\d])|(?<!\d)[,:]|[,:](?!\d)",
)
"""A stop, but not one inside a number, a time, an address or an abbreviation."""
_JOINERS: Final = "\u200c\u200d"
_FIRST_PICTURE: Final = "\u2190"
_SHARED: Final = (
    ("\u0020", "\u024f"),
    ("\u0300", "\u036f"),
    ("\u1e00", "\u1eff"),
    ("\u2010", "\u2bff"),
)
"""Latin letters, signs on them, and punctuation and symbols."""
_SCRIPTS: Final = tuple(
    SCRIPTS[code]
    for code in ("Arab", "Beng", "Deva", "Gujr", "Guru", "Knda", "Mlym", "Orya", "Taml", "Telu")
)


class Clause(NamedTuple):
    """Words up to a stop."""

    words: str
    """Apart by one space; empty when there are none before the stop."""
    stop: str
    """Any of `STOPS`, each once in a row; empty at the end, or where a long clause was cut."""


def clean(text: str) -> str:
    """Drop what is not said or not safe to say.

    That is: control, format and private characters, pictures, writing that espeak-ng has no rules
    for, signs that sit on no letter, and most hyphens. The last three crash it (seen).
    """
    kept: list[str] = []
    is_carried = False
    for sign in _HYPHEN.sub(" ", text.translate(_SAME_SIGN)):
        heard, group = _classify(sign)
        if group != "M" or is_carried:
            kept.append(heard)
        if group != "C":
            is_carried = group in "LM"
    return "".join(kept)


@lru_cache(maxsize=4096)
def _classify(sign: str) -> tuple[str, str]:
    """Return what is left of a sign, and the group of its category; Z is what became a space."""
    category = unicodedata.category(sign)
    if category == "Cf":
        return (sign if sign in _JOINERS else ""), "C"
    is_kept = (
        category[0] not in "CZ"
        and sign != "_"
        and not (category == "So" and sign >= _FIRST_PICTURE)
        and (
            any(first <= sign <= last for first, last in _SHARED)
            or any(script.owns(sign) for script in _SCRIPTS)
        )
    )
    return (sign, category[0]) if is_kept else (" ", "Z")


def cut(text: str) -> Iterator[Clause]:
    """Cut any text into clauses of at most 200 characters, of words of at most 60."""
    cleaned = clean(text)
    start = 0
    for found in _STOP.finditer(cleaned):
        yield from _clauses(cleaned[start : found.start()], found.group())
        start = found.end()
    yield from _clauses(cleaned[start:], "")


def _clauses(text: str, stop: str) -> Iterator[Clause]:
    """Yield the words before a stop, in several clauses when they are long."""
    line = ""
    if _has_words(text):
        for word in text.split():
            for piece in _break(word):
                if line and len(line) + len(piece) >= _LONGEST_CLAUSE:
                    yield Clause(line, "")
                    line = ""
                line = f"{line} {piece}" if line else piece
    if line or stop:
        yield Clause(line, stop)


def _break(word: str) -> Iterator[str]:
    """Break a long word, before a letter rather than before its sign where there is a choice."""
    while len(word) > _LONGEST_WORD:
        end = _LONGEST_WORD
        while end > _SHORTEST_BREAK and unicodedata.category(word[end])[0] == "M":
            end -= 1
        yield word[:end]
        word = word[end:]
    yield word


def _has_words(text: str) -> bool:
    return any(unicodedata.category(sign)[0] in "LN" for sign in text)


def join(clauses: Iterator[Clause]) -> str:
    """Put clauses together again, each with its stop against it; empty when none has words.

    Stops before the first word are dropped, and of equal stops in a row one is kept.
    """
    parts: list[Clause] = []
    for clause in clauses:
        if clause.words:
            parts.append(clause)
        elif parts:
            parts[-1] = Clause(parts[-1].words, parts[-1].stop + clause.stop)
    return " ".join(words + "".join(stop for stop, _ in groupby(stops)) for words, stops in parts)
