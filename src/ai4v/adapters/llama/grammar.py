"""Grammars that hold an answer to its script, and make it say what is to be kept. Pure.

GBNF, as llama.cpp reads it. Digits are never free: a grammar that allows them degenerates into
digits, so those of a text come in as strings to be kept. A line ends with one or more breaks, since
two of them are one token, which is the one that the model wants.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import permutations
from typing import Final

from ai4v.contracts.language import LANGUAGES, SCRIPTS

_SIGNS: Final = " ,.?!:;'()-\u0964"
_LATIN_SIGNS: Final = " ,.?!:;'()$%&-"
_MOST_PERMUTED: Final = 2
"""So many kept strings may come in any order, since languages order their clauses differently."""


def make_grammar(target: str, kept: Sequence[str], *, is_strict: bool) -> str:
    """Allow one line in the script of `target`, with a letter in it.

    Args:
        target: a language's code.
        kept: not empty each; in the order of the source.
        is_strict: whether each of `kept` must come, once; else any may, as often as it likes, which
            lets a sentence end where it would.
    """
    script = LANGUAGES[target].script
    signs = _LATIN_SIGNS if script == "Latn" else _SIGNS
    orders = permutations(kept) if len(kept) <= _MOST_PERMUTED else (tuple(kept),)
    if is_strict or not kept:
        line = " | ".join(_spell(order) for order in dict.fromkeys(orders))
    else:
        choice = " | ".join(f'"{_escape(literal)}"' for literal in dict.fromkeys(kept))
        line = f"(any ({choice}))* said (({choice}) any)*"
    return (
        f'root ::= ({line}) "\\n"+\n'
        f"any ::= [{_letters(script)}{_escape(signs)}]*\n"
        f'gap ::= [{_letters(script)}{_escape(signs.replace(" ", ""))}]* " " any\n'
        f"said ::= [{_escape(signs)}]* [{_letters(script, has_marks=False)}] any\n"
    )


def _spell(kept: Sequence[str]) -> str:
    """Write one order of the kept strings, with letters before, between or after them."""
    gaps = len(kept) + 1
    choices = []
    for said in range(gaps) if len(kept) <= _MOST_PERMUTED else (0, gaps - 1):
        parts = ["said" if place == said else _between(kept, place) for place in range(gaps)]
        for place, literal in reversed(list(enumerate(kept))):
            parts.insert(place + 1, f'"{_escape(literal)}"')
        choices.append(" ".join(parts))
    return " | ".join(choices)


def _between(kept: Sequence[str], place: int) -> str:
    """Return what comes there: a space at least between two that a sign would make one number."""
    ends = place > 0 and kept[place - 1][-1].isdecimal()
    begins = place < len(kept) and kept[place][0].isdecimal()
    return "gap" if ends and begins else "any"


def _escape(text: str) -> str:
    """Write every character by its number, so that none of them means anything."""
    return "".join(f"\\U{ord(character):08X}" for character in text)


@cache
def _letters(script: str, *, has_marks: bool = True) -> str:
    """Return the inside of a class of all that the script owns, without its digits.

    Without its marks as well, it is what a word can begin with.
    """
    spans: list[tuple[int, int]] = []
    for first, last in SCRIPTS[script].ranges:
        for point in range(first, last + 1):
            category = unicodedata.category(chr(point))
            if category in ("Nd", "Cn", "Po") or (category[0] == "M" and not has_marks):
                continue
            if spans and spans[-1][1] == point - 1:
                spans[-1] = (spans[-1][0], point)
            else:
                spans.append((point, point))
    return "".join(f"{_escape(chr(first))}-{_escape(chr(last))}" for first, last in spans)
