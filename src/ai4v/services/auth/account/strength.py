"""How much of a password has to be guessed: NIST SP 800-63B-4's blocklist, applied to its parts.

A list of whole passwords says little at 15 characters, where few are seen twice; what people make
of common words, sequences and repetitions is found by cutting a password into such parts. There are
no rules on kinds of characters.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Final

from ai4v.contracts.auth import PASSWORD_MIN

REQUIRED: Final = 8
"""Characters' worth: eight that follow no rule, or three words."""
_WORD: Final = 3
"""A word of the list: there are about as many as three letters make."""
_WALK: Final = 2
"""Neighbours on a keyboard, in any direction."""
_PATTERN: Final = 1
"""A sequence, a repetition, a year, the name of the user or of the platform."""
_SHORTEST: Final = 3
_SHORTEST_WALK: Final = 4
_LONGEST_WORD: Final = 45
_PLATFORM: Final = ("ai4v", "voice", "speech", "language", "translation", "password")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_SEPARATOR: Final = re.compile(r"[\s_.,-]+")
_NAME: Final = re.compile(r"[^\W_]{3,}")
_SUBSTITUTES: Final = (
    str.maketrans("@4301!|$57+", "aaeoillsstt"),
    str.maketrans("@4301!|$57+", "aaeoiiisstt"),
)
_ROWS: Final = (
    (0.0, "`1234567890-="),
    (1.5, "qwertyuiop[]\\"),
    (1.75, "asdfghjkl;'"),
    (2.25, "zxcvbnm,./"),
)
_REACH: Final = 1.5
"""Key widths between the middles of neighbours of two rows, at most."""


def is_short(password: str) -> bool:
    """Tell whether too few characters are left once those written in several ways are one."""
    return len(unicodedata.normalize("NFKC", password)) < PASSWORD_MIN


def is_guessable(password: str, context: Iterable[str] = ()) -> bool:
    """Tell whether a password is too easy to guess.

    Args:
        password: any characters; a hundred take some milliseconds, so not on the event loop.
        context: what is known of its owner: the name, the address.
    """
    return measure(password, context) < REQUIRED


def measure(password: str, context: Iterable[str] = ()) -> int:
    """Return how many characters' worth has to be guessed, by the cheapest way to cut it up."""
    text = unicodedata.normalize("NFKC", password).casefold()
    names = _read_names(context)
    return min(_measure(text, names), _measure(_SEPARATOR.sub("", text), names))


def _measure(text: str, names: frozenset[str]) -> int:
    spellings = (text, *(text.translate(table) for table in _SUBSTITUTES))
    cheapest = list(range(len(text) + 1))
    for start in range(len(text)):
        for end, worth in _find_parts(text, spellings, names, start):
            cheapest[end] = min(cheapest[end], cheapest[start] + worth)
    return cheapest[-1]


def _find_parts(
    text: str, spellings: tuple[str, ...], names: frozenset[str], start: int
) -> Iterator[tuple[int, int]]:
    """Yield where parts that begin at `start` end, and what each is worth."""
    yield start + 1, 1
    for end in range(start + _SHORTEST, min(len(text), start + _LONGEST_WORD) + 1):
        for spelling in spellings:
            part = spelling[start:end]
            if part in names:
                yield end, _PATTERN
            elif part in _words():
                yield end, _WORD
    for end in range(start + _SHORTEST, _sequence_end(text, start) + 1):
        yield end, _PATTERN
    for end in range(start + _SHORTEST_WALK, _walk_end(text, start) + 1):
        yield end, _WALK
    for end in range(start + _SHORTEST, _repetition_end(text, start) + 1):
        yield end, _PATTERN
    if _YEAR.match(text, start):
        yield start + 4, _PATTERN


def _sequence_end(text: str, start: int) -> int:
    """Return where equal, rising or falling code points end: `aaaa`, `1234`, `dcba`, `कखग`."""
    end = start + 1
    step = ord(text[end]) - ord(text[start]) if end < len(text) else 0
    while abs(step) <= 1 and end < len(text) and ord(text[end]) - ord(text[end - 1]) == step:
        end += 1
    return end


def _walk_end(text: str, start: int) -> int:
    end = start + 1
    while end < len(text) and text[end] in _neighbours().get(text[end - 1], ""):
        end += 1
    return end


def _repetition_end(text: str, start: int) -> int:
    """Return where what was there before, in this order or backwards, ends."""
    before = text[:start]
    end = start
    while end < len(text) and (
        text[start : end + 1] in before or text[start : end + 1] in before[::-1]
    ):
        end += 1
    return end


def _read_names(context: Iterable[str]) -> frozenset[str]:
    """Return the parts of names, and the names written together."""
    names = set(_PLATFORM)
    for name in context:
        parts = _NAME.findall(unicodedata.normalize("NFKC", name).casefold())
        names.update(parts, {name.casefold(), "".join(parts)})
    return frozenset(names)


@cache
def _words() -> frozenset[str]:
    lines = files(__package__).joinpath("common.txt").read_text("utf-8").splitlines()
    return frozenset(word for line in lines if line[:1] != "#" for word in line.split())


@cache
def _neighbours() -> dict[str, frozenset[str]]:
    """Return the keys about each key of a QWERTY keyboard, itself not among them."""
    places = {
        key: (offset + column, row)
        for row, (offset, keys) in enumerate(_ROWS)
        for column, key in enumerate(keys)
    }
    return {
        key: frozenset(
            other
            for other, (column, row) in places.items()
            if other != key
            and abs(row - places[key][1]) <= 1
            and abs(column - places[key][0]) <= _REACH
        )
        for key in places
    }
