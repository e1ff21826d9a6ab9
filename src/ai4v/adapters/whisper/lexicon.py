"""The words of a language, found by what they may sound like. Pure but for reading the list."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from ai4v.adapters.whisper.alignment import SoundTable
from ai4v.adapters.whisper.phone import NASAL, split_arabic, split_devanagari

_CLASSES: Final = {
    "K": "क ख ग घ क़ ख़ ग़ ک ق گ خ غ",
    "C": "च छ ज झ ज़ چ ج ز ذ ض ظ ژ",
    "T": "ट ठ ड ढ त थ द ध ٹ ڈ ت د ط",
    "P": "प फ ब भ फ़ پ ب ف",
    "S": "श ष स س ش ص ث",
    "R": "र ड़ ढ़ ر ڑ",
    "L": "ल ळ ل",
    "M": "म م",
    "N": "न ण ञ ङ N ن ں",
}  # fmt: skip
_CLASS_OF: Final = {
    unicodedata.normalize("NFD", sound): name
    for name, sounds in _CLASSES.items()
    for sound in sounds.split()
}
_COMMONEST: Final = 0.0
_FREQUENT: Final = 0.12
_KNOWN: Final = 0.3
_TOP_WORDS: Final = 160
_WORST: Final = 1.3
_SURE: Final = 0.45
"""A match this near is not looked past."""
_CACHED: Final = 20_000


@dataclass(frozen=True, slots=True)
class Match:
    """A word that letters may stand for."""

    word: str
    cost: float
    """0 is a frequent word fairly spelt; about 1 is a guess."""


def _skeleton(sounds: Iterable[str]) -> str:
    """Return the classes of the firm consonants, doubles as one."""
    classes: list[str] = []
    for sound in sounds:
        found = _CLASS_OF.get(sound) or _CLASS_OF.get(sound[0])
        if found and classes[-1:] != [found]:
            classes.append(found)
    return "".join(classes)


def _shortened(skeleton: str) -> Iterator[str]:
    yield skeleton
    if len(skeleton) > 2:
        for place in range(len(skeleton)):
            yield skeleton[:place] + skeleton[place + 1 :]


class Lexicon:
    """Words in Devanagari to be found by Arabic letters."""

    def __init__(self, words: Iterable[str], frequent: Iterable[str]) -> None:
        """Index words.

        Args:
            words: all that are known.
            frequent: the most frequent ones, most frequent first.
        """
        priors = dict.fromkeys(words, _KNOWN)
        for place, word in enumerate(frequent):
            priors[word] = min(
                priors.get(word, _KNOWN), _COMMONEST if place < _TOP_WORDS else _FREQUENT
            )
        self._words = tuple(priors)
        self._priors = np.array(list(priors.values()), np.float32)
        sounds = [split_devanagari(word) for word in self._words]
        self._table = SoundTable(sounds)
        self._near: dict[str, list[int]] = defaultdict(list)
        for place, row in enumerate(sounds):
            bare = _skeleton(sound for sound in row if sound != NASAL)
            for key in {*_shortened(_skeleton(row)), *_shortened(bare)}:
                self._near[key].append(place)

    @classmethod
    def read(cls, path: Path, frequent: Path) -> "Lexicon":
        """Read a list of one word a line, `#` begins a remark, and one of words apart by space."""
        lines = path.read_text("utf-8").splitlines()
        return cls(
            [line.strip() for line in lines if line.strip() and not line.startswith("#")],
            frequent.read_text("utf-8").split(),
        )

    @lru_cache(maxsize=_CACHED)  # noqa: B019 - one lexicon lives as long as its worker process
    def find(self, spelling: str) -> Match | None:
        """Return the likeliest word that is spelt so in Arabic letters; None when none is near."""
        letters = split_arabic(spelling)
        skeleton = _skeleton(letters)
        near = self._best(letters, (skeleton,))
        if near and near.cost <= _SURE:
            return near
        far = self._best(letters, tuple(_shortened(skeleton))[1:])
        return min(filter(None, (near, far)), key=lambda match: match.cost, default=None)

    def _best(self, letters: tuple[str, ...], keys: tuple[str, ...]) -> Match | None:
        """Return the best of the words under `keys`."""
        found = {place for key in keys for place in self._near.get(key, ())}
        if not found or not letters:
            return None
        rows = np.array(sorted(found))
        costs = self._table.distances(rows, letters) + self._priors[rows]
        best = int(costs.argmin())
        if costs[best] > _WORST:
            return None
        return Match(self._words[rows[best]], float(costs[best]))
