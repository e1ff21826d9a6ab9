"""What is wrong with a translation that can be seen without knowing the language."""

import re
from collections.abc import Iterable
from typing import Final

from ai4v.contracts.language import SCRIPTS
from ai4v.services.nmt.protection import has_letters, without

_LEAST_ROUNDS: Final = 4
_LONGEST_ROUND: Final = 12
"""Words."""
_STUTTER: Final = re.compile(r"(\S{1,12}?)\1{7,}")


def is_in_script(text: str, script: str, kept: Iterable[str]) -> bool:
    """Tell whether every letter of `text`, apart from what was to be kept, is of `script`."""
    owner = SCRIPTS[script]
    return all(owner.owns(each) for each in without(text, kept) if each.isalpha())


def cut_loop(text: str) -> str:
    """Return `text` up to where it comes round to the same again; all of it where it does not.

    A loop is the same words four times in a row, or the same letters eight times.
    """
    for found in _STUTTER.finditer(text):
        if has_letters(found.group(1)):
            return text[: found.end(1)]
    words = text.split()
    ends = (_first_round(words, length) for length in range(1, _LONGEST_ROUND + 1))
    end = min((each for each in ends if each is not None), default=None)
    return text if end is None else " ".join(words[:end])


def _first_round(words: list[str], length: int) -> int | None:
    """Return the end of the first of the rounds of `length` words; None: there are none."""
    same = 0
    for place in range(length, len(words)):
        same = same + 1 if words[place] == words[place - length] else 0
        if same >= length * (_LEAST_ROUNDS - 1) and has_letters(
            "".join(words[place - length : place])
        ):
            return place + 1 - same
    return None
