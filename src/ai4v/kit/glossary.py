"""Words that small models tend to mistake, and what they mean. Pure.

A glossary is a file `glossary/<language>.tsv` beside this module: the beginning of a word in that
language, a tab, and its meaning in English with other good renderings behind slashes. What is found
in a source is written into its prompt, and an answer is judged by whether it says it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

_WORD: Final = re.compile(r"[^\W\d_][\w\u0900-\u0963\u0980-\u0dff\u200c\u200d-]*")
_LONGEST_ENDING: Final = 3
_SHORT_STEM: Final = 2
_SHORT_ENDING: Final = 1
_MOST_HINTS: Final = 8


@dataclass(frozen=True, slots=True)
class Hint:
    """A word of a source and what it means."""

    word: str
    meanings: tuple[str, ...]
    """Not empty; the best first."""

    def is_said(self, text: str) -> bool:
        """Tell whether an English text has one of the meanings, in any form that begins alike."""
        lowered = text.lower()
        return any(
            re.search(rf"(?<!\w){re.escape(_stem(meaning.lower()))}", lowered)
            for meaning in self.meanings
        )


@cache
def read_glossary(language: str) -> Mapping[str, tuple[str, ...]]:
    """Return meanings by the beginning of a word; empty when there is no glossary."""
    path = resources.files(__package__).joinpath("glossary", f"{language}.tsv")
    if not path.is_file():
        return {}
    rows = (line.split("\t") for line in path.read_text("utf-8").splitlines())
    return {stem: tuple(meanings.split("/")) for stem, meanings in rows}


def find_hints(text: str, language: str) -> tuple[Hint, ...]:
    """Return the hints for a text in the order of its words, each once."""
    glossary = read_glossary(language)
    words = _WORD.findall(text)
    hints: dict[tuple[str, ...], Hint] = {}
    place = 0
    while glossary and place < len(words):
        for taken in (2, 1):
            word = " ".join(words[place : place + taken])
            meanings = _look_up(word, glossary, is_pair=taken == 2)
            if meanings:
                hints.setdefault(meanings, Hint(word, meanings))
                place += taken - 1
                break
        place += 1
    return tuple(hints.values())[:_MOST_HINTS]


def _look_up(
    word: str, glossary: Mapping[str, tuple[str, ...]], *, is_pair: bool
) -> tuple[str, ...]:
    """Return the meanings of the longest stem that `word` is a form of; empty when none."""
    for length in range(len(word), max(0, len(word) - _LONGEST_ENDING - 1), -1):
        stem = word[:length]
        ending = len(word) - length
        if is_pair and " " not in stem:
            break
        if stem in glossary and ending <= (
            _SHORT_ENDING if length <= _SHORT_STEM else _LONGEST_ENDING
        ):
            return glossary[stem]
    return ()


def _stem(meaning: str) -> str:
    """Cut what changes when an English word is inflected."""
    if len(meaning) > 3 and meaning[-1] in "sey":
        return meaning[:-1]
    return meaning
