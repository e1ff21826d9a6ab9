"""IPA becomes the symbols that Kokoro was taught with. Pure.

Kokoro writes diphthongs and affricates as one sign, and each language in a set of its own. Sources:
`config.json` of hexgrad/Kokoro-82M (the signs and their numbers) and EN_PHONES.md of hexgrad/misaki
(what English is written with). espeak-ng has r for ड़, and nothing else in Hindi, which in full it
writes `r.`; so Kokoro was taught, and what it makes of ɽ is heard as another sound: of 34 flaps
Whisper heard 20, and 7 with ɽ.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

_TIES: Final = str.maketrans("", "", "\u0361\u035c^")
_SYLLABIC: Final = "\u0329"
_NASAL: Final = "\u0303"

_ENGLISH: Final = {
    "aɪ": "I", "aʊ": "W", "eɪ": "A", "ɔɪ": "Y", "dʒ": "ʤ", "tʃ": "ʧ",
    "əl": "ᵊl", f"l{_SYLLABIC}": "ᵊl", f"m{_SYLLABIC}": "ᵊm", f"n{_SYLLABIC}": "ᵊn",
    "ɐ": "ə", "g": "ɡ", "r": "ɹ", "x": "k", "ç": "k", "ɬ": "l", "ʔ": "t", "ʲ": "", _NASAL: "",
}  # fmt: skip
_TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "en-US": {
        **_ENGLISH,
        "oʊ": "O", "əʊ": "O", "ɚ": "əɹ", "ɚɹ": "əɹ", "ɜː": "ɜɹ", "ɜːɹ": "ɜɹ", "ɝ": "ɜɹ",
        "ɪə": "iə", "e": "A", "o": "ɔ", "ɒ": "ɑ", "ɾ": "T", "ː": "",
    },
    "en-GB": {
        **_ENGLISH,
        "oʊ": "Q", "əʊ": "Q", "eə": "ɛː", "iə": "ɪə", "e": "A", "o": "ɔ", "ɾ": "t", "æ": "a",
    },
    "hi": {
        "aɪ": "I", "aʊ": "W", "eɪ": "A", "ɔɪ": "Y", "oʊ": "O", "əʊ": "Q", "dʒ": "ʤ", "tʃ": "ʧ",
        "rh": "r.h", "r": "r.", "ɽʰ": "r.h", "ɽ": "r.", "ɦ": "h", "ʱ": "ʰ", "g": "ɡ", _SYLLABIC: "",
    },
}  # fmt: skip
_PATTERNS: Final = {
    tag: re.compile("|".join(sorted(map(re.escape, table), key=len, reverse=True)))
    for tag, table in _TABLES.items()
}


class Symbols(NamedTuple):
    """What is to be spoken."""

    text: str
    """Signs of the vocabulary alone."""
    dropped: int
    """Signs that it does not have."""


def to_symbols(phonemes: str, tag: str, vocabulary: Mapping[str, int]) -> Symbols:
    """Write IPA in Kokoro's symbols; what has none is left out and counted.

    Args:
        phonemes: of one passage, with stress marks and punctuation, ties or none.
        tag: whose set it is written in: `hi`, `en-US` or `en-GB`.
        vocabulary: the number of each sign.
    """
    table = _TABLES[tag]
    written = _PATTERNS[tag].sub(lambda found: table[found[0]], phonemes.translate(_TIES))
    kept = "".join(sign for sign in written if sign in vocabulary)
    return Symbols(kept, len(written) - len(kept))
