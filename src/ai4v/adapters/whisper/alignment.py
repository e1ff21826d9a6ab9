"""How far many words are from one spelling: a weighted edit distance, all words at once. Pure."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ai4v.adapters.whisper.phone import drop_costs, extra_costs, write_cost

_NO_SOUND: Final = 0


class SoundTable:
    """The sounds of many words, in rows of one length."""

    def __init__(self, words: Sequence[Sequence[str]]) -> None:
        names = sorted({sound for word in words for sound in word})
        ids = {sound: place for place, sound in enumerate(names, start=1)}
        longest = max((len(word) for word in words), default=0)
        self._names = names
        self._sounds = np.full((len(words), longest), _NO_SOUND, np.uint8)
        self._drops = np.zeros((len(words), longest), np.float32)
        self._lengths = np.array([len(word) for word in words], np.int64)
        for place, word in enumerate(words):
            self._sounds[place, : len(word)] = [ids[sound] for sound in word]
            self._drops[place, : len(word)] = drop_costs(word)

    def distances(self, rows: NDArray[np.int64], letters: Sequence[str]) -> NDArray[np.float32]:
        """Return how unlikely it is that `letters` were written for each of the words.

        Args:
            rows: shape [n], places of words, n > 0.
            letters: as `split_arabic` gives them.

        Returns:
            Shape [n]; 0 is a fair spelling.
        """
        costs = np.zeros((len(self._names) + 1, len(letters)), np.float32)
        for place, sound in enumerate(self._names, start=1):
            costs[place] = [write_cost(sound, letter) for letter in letters]
        skipped = np.concatenate(([0.0], np.cumsum(extra_costs(letters)))).astype(np.float32)
        reached = np.repeat(skipped[None], len(rows), axis=0)
        for step in range(int(self._lengths[rows].max())):
            sounds = self._sounds[rows, step]
            following = reached + self._drops[rows, step, None]
            following[:, 1:] = np.minimum(following[:, 1:], reached[:, :-1] + costs[sounds])
            following = np.minimum.accumulate(following - skipped, axis=1) + skipped
            reached = np.where((sounds == _NO_SOUND)[:, None], reached, following)
        last: NDArray[np.float32] = reached[:, -1]
        return last
