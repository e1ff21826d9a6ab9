"""Speech that was written down in Arabic letters, respelled in Devanagari. Pure but for loading.

Hindi and Urdu are one language in speech, and Whisper, which has read far more Urdu, writes Hindi
near-perfectly in Urdu's letters and badly in Devanagari. Measured on 20 sentences: character error
rates in tests/data/speech/README.md.
"""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ai4v.adapters.whisper.lexicon import Lexicon, Match
from ai4v.adapters.whisper.literal import spell_literally

_FREQUENT: Final = Path(__file__).with_name("hindi_frequent.txt")
_WORD: Final = re.compile("[\u0600-\u060b\u060d-\u061a\u061c-\u061e\u0620-\u06d3\u06d5-\u06ff]+")
_SIGN: Final = re.compile("([,.?!۔،؟؛:]+)")
_SIGNS: Final = str.maketrans({".": "।", "۔": "।", "،": ",", "؟": "?", "؛": ";"})
_PER_WORD: Final = 0.35
_JOIN: Final = 0.25
_SPLIT: Final = 0.55
_MOST_JOINED: Final = 2
_GOOD: Final = 0.45
_SURE: Final = 0.15
_LITERAL: Final = 1.0
_LITERAL_LETTER: Final = 0.06
_I_FOLLOWS: Final = frozenset(
    {"", "और", "कि", "तो", "क्या", "लेकिन", "जब", "अगर", "अब", "आज", "कल", "पर", "फिर"}
)


_TOGETHER: Final = frozenset(
    (pronoun, postposition)
    for pronouns, postpositions in (
        ("उस इस किस जिस उन इन किन जिन", "ने को का की के से"),
        ("हम तुम आप", "ने को से"),
        ("आप", "का की के"),
        ("मैं", "ने"),
    )
    for pronoun in pronouns.split()
    for postposition in postpositions.split()
)


class Respeller:
    """Respells with one language's words."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def respell(self, text: str) -> str:
        """Return `text` with every word in Arabic letters, and Urdu's signs, in Devanagari."""
        parts: list[str] = []
        for phrase in _SIGN.split(unicodedata.normalize("NFKC", text)):
            words = phrase.split()
            if not words:
                continue
            if _SIGN.fullmatch(phrase):
                parts.append(phrase.translate(_SIGNS))
            elif any(_WORD.search(word) for word in words):
                parts.append(" " + " ".join(self._phrase(words)))
            else:
                parts.append(" " + " ".join(words))
        return "".join(parts).strip()

    def _phrase(self, words: list[str]) -> list[str]:
        """Find the cheapest way to read a row of words, which may be joined or split wrongly."""
        best: list[tuple[float, list[str]]] = [(0.0, [])]
        for end in range(1, len(words) + 1):
            options = []
            for start in range(max(0, end - _MOST_JOINED), end):
                cost, before = best[start]
                for added, reading in self._readings(words[start:end]):
                    options.append((cost + added, [*before, *reading]))
            best.append(min(options, key=lambda option: option[0]))
        return _settle(best[-1][1])

    def _readings(self, words: list[str]) -> Iterator[tuple[float, list[str]]]:
        spelling = "".join(words)
        if not _WORD.fullmatch(spelling):
            if len(words) == 1:
                yield _PER_WORD, [_WORD.sub(lambda part: spell_literally(part[0]), spelling)]
            return
        if len(words) > 1 and all(self._is_sure(word) for word in words):
            return
        match = self._lexicon.find(spelling)
        if match:
            yield match.cost + _PER_WORD + _JOIN * (len(words) - 1), [match.word]
        if len(words) > 1:
            return
        literal = _LITERAL + _LITERAL_LETTER * len(spelling)
        yield literal + _PER_WORD, [spell_literally(spelling)]
        if match is None or match.cost > _GOOD:
            yield from self._splits(spelling)

    def _splits(self, spelling: str) -> Iterator[tuple[float, list[str]]]:
        for place in range(2, len(spelling) - 1):
            first, second = self._good(spelling[:place]), self._good(spelling[place:])
            if first and second:
                cost = first.cost + second.cost + 2 * _PER_WORD + _SPLIT
                yield cost, [first.word, second.word]

    def _is_sure(self, spelling: str) -> bool:
        match = self._lexicon.find(spelling)
        return match is not None and match.cost <= _SURE

    def _good(self, spelling: str) -> Match | None:
        match = self._lexicon.find(spelling)
        return match if match and match.cost <= _GOOD else None


def _settle(words: list[str]) -> list[str]:
    """Do what Hindi does and Urdu does not write.

    मैं (I) and में (in) are written alike: a postposition follows a noun. Postpositions are written
    together with a pronoun.
    """
    settled: list[str] = []
    for word in words:
        before = settled[-1] if settled else ""
        if word in {"में", "मैं"}:
            settled.append("मैं" if before in _I_FOLLOWS else "में")
        elif (before, word) in _TOGETHER:
            settled[-1] = before + word
        else:
            settled.append(word)
    return settled


def load_respellers(lexicon_dir: Path | None) -> dict[str, Respeller]:
    """Load what there are word lists for; nothing without a folder or without its lists."""
    path = lexicon_dir / "hi_common.txt" if lexicon_dir else None
    if path is None or not path.is_file():
        return {}
    return {"hi": Respeller(Lexicon.read(path, _FREQUENT))}
