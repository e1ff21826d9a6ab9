"""Which of the languages of a script do words speak for? Pure but for reading the word lists."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from ai4v.adapters.langid.mark import MARKS

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "Deva": ("hi", "mr", "ne", "kok", "mai", "brx", "doi", "sa", "ks", "sd"),
    "Arab": ("ur", "ks", "sd"),
    "Beng": ("bn", "as", "mni"),
}
"""Languages that share a script, the commonest first."""
_WORD: Final = 2.0
_LETTER: Final = 2.0
_ENDING: Final = 1.0
_LISTED: Final = 0.6
"""Votes that a word of each kind has, shared among the languages that it may be of."""
_LONGEST_ENDING: Final = 6

Lists = Mapping[str, frozenset[str]]


def read_lists(folder: Path) -> Lists:
    """Return the languages that have each word, by the word lists `<language>_common.txt`.

    Lists that are not there are passed over.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for language in sorted({code for group in GROUPS.values() for code in group}):
        path = folder / f"{language}_common.txt"
        if not path.is_file():
            continue
        for line in path.read_text("utf-8").splitlines():
            word = line.strip()
            if word and not word.startswith("#"):
                found[unicodedata.normalize("NFC", word)].add(language)
    shared: dict[frozenset[str], frozenset[str]] = {}
    return {word: shared.setdefault(key, key) for word, key in _freeze(found)}


def _freeze(found: Mapping[str, set[str]]) -> Iterable[tuple[str, frozenset[str]]]:
    return ((word, frozenset(languages)) for word, languages in found.items())


def _read_marks() -> Lists:
    found: dict[str, set[str]] = defaultdict(set)
    for language, marks in MARKS.items():
        for mark in unicodedata.normalize("NFC", marks).split():
            found[mark].add(language)
    return dict(_freeze(found))


_MARKS: Final = _read_marks()


def count_votes(words: Iterable[str], script: str, lists: Lists) -> dict[str, float]:
    """Return how strongly the words speak for each language of the script's group."""
    group = GROUPS[script]
    votes = dict.fromkeys(group, 0.0)
    for word in words:
        for value, speakers in _spoken(word, lists):
            spoken = [language for language in group if language in speakers]
            for language in spoken:
                votes[language] += value / len(spoken)
    return votes


def _spoken(word: str, lists: Lists) -> Iterable[tuple[float, frozenset[str]]]:
    """Return what the word tells: votes, and the languages that they are for."""
    for letter in set(word):
        if (speakers := _MARKS.get(f"={letter}")) is not None:
            yield _LETTER, speakers
    if (speakers := _MARKS.get(word)) is not None:
        yield _WORD, speakers
    if (speakers := lists.get(word)) is not None:
        yield _LISTED, speakers
    for length in range(min(_LONGEST_ENDING, len(word) - 1), 0, -1):
        if (speakers := _MARKS.get(f"-{word[-length:]}")) is not None:
            yield _ENDING, speakers
            return
