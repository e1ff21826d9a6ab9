"""Numbers that an engine wrote in another way, written as the text had them.

Engines read ASCII digits best and write them by preference, so they are shown those; they also drop
or move the commas of a long number. Neither is a loss: the number is there, and where it is.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from ai4v.services.nmt.protection import Span, count_kept, find_alone, has_letters

_NUMBER: Final = re.compile(r"\d+(?:[.,:/–-]\d+)*")
_DIGIT: Final = re.compile(r"\d")
_JOINT: Final = re.compile("[-.,:/–−x×*]?")
_GROUPING: Final = re.compile(r"(?<=\d),(?=\d)")


def write_ascii_digits(text: str) -> str:
    """Return `text` with ASCII digits; its length stays."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in text)


def restore(text: str, kept: Sequence[str]) -> str:
    """Return `text` with what is missing of `kept` in place of what means the same.

    Args:
        text: a translation.
        kept: what should stand in it, as often as it should.
    """
    wanted = Counter(kept)
    if count_kept(text, wanted) == wanted:
        return text
    for string in dict.fromkeys(kept):
        for _ in range(wanted[string]):
            if count_kept(text, wanted)[string] >= wanted[string]:
                break
            place = _find_equal(text, string, wanted)
            if place is None:
                break
            text = text[: place.start] + string + text[place.end :]
    return text


def are_apart(text: str, kept: Sequence[str], source: str) -> bool:
    """Tell whether nothing in `text` makes two of `kept` one: "7:85%" is neither 7 nor 85%.

    What stands so in `source` may.
    """
    places = sorted(find_alone(text, kept))
    return all(
        text[one.start : other.end] in source
        or not _JOINT.fullmatch(text, one.end, other.start)
        or not (
            _DIGIT.search(text, one.start, one.end) and _DIGIT.search(text, other.start, other.end)
        )
        for one, other in pairwise(places)
    )


def _find_equal(text: str, string: str, wanted: Counter[str]) -> Span | None:
    """Return where something stands that means `string`, and is not wanted for itself."""
    spared: Counter[str] = Counter()
    alone = frozenset(find_alone(text, wanted))
    equal = {*find_alone(text, (write_ascii_digits(string),)), *_numbers(text, string)}
    for place in sorted(equal):
        found = text[place.start : place.end]
        if place not in alone or spared[found] >= wanted[found]:
            return place
        spared[found] += 1
    return None


def _numbers(text: str, string: str) -> Sequence[Span]:
    if has_letters(string):
        return ()
    meaning = _meaning(string)
    return [
        Span(*match.span())
        for match in _NUMBER.finditer(text)
        if _meaning(match.group()) == meaning
    ]


def _meaning(number: str) -> str:
    return _GROUPING.sub("", write_ascii_digits(number))
