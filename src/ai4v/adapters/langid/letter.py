"""The letters of a text: of which script, and in which words. Pure."""

import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ai4v.contracts.language import SCRIPTS

_JUDGED: Final = 1_000
"""Letters that are looked at."""
_SCANNED: Final = 20_000
"""Characters among which they are looked for."""
_INNER: Final = "'’ʼ\u200c\u200d"
"""May stand inside a word."""
_SAME: Final = {"Aran": "Arab"}
"""A script whose letters are another's."""


@dataclass(frozen=True, slots=True)
class Passage:
    """The part of a text that is judged."""

    script: str
    """The script that most letters are of, with `Arab` for both ways to write it."""
    share: float
    """Of the letters of all scripts that we know, how many are of it."""
    words: tuple[str, ...]
    """Its words in that script, in composed form and lower case."""


def read_passage(text: str) -> Passage | None:
    """Return what is to be judged; None without letters of a script that we know."""
    counts: Counter[str] = Counter()
    words: list[tuple[str, str]] = []
    word, word_script = "", ""
    for character in unicodedata.normalize("NFC", text[:_SCANNED]):
        script = _script_of(character)
        if not script or (word and script != word_script and character not in _INNER):
            words.append((word_script, word))
            word, word_script = "", ""
        if not script or (not word and script == _INNER):
            continue
        word += character
        if script != _INNER:
            word_script = script
            counts[script] += 1
            if counts.total() >= _JUDGED:
                break
    if not counts:
        return None
    words.append((word_script, word))
    script, count = counts.most_common(1)[0]
    return Passage(
        script,
        count / counts.total(),
        tuple(word.rstrip(_INNER).lower() for owner, word in words if owner == script),
    )


@lru_cache(maxsize=4_096)
def _script_of(character: str) -> str:
    """Return the script of a letter or mark, `_INNER` for a joiner, empty for all else."""
    if character in _INNER:
        return _INNER
    if unicodedata.category(character)[0] not in "LM":
        return ""
    owner = next((code for code, script in SCRIPTS.items() if script.owns(character)), "")
    return _SAME.get(owner, owner)
