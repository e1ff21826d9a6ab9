"""Letters that a language does not have become those of its own that sound nearest.

Engines read a letter that they do not know by its name or its number, in the middle of the word.
That concerns text of the languages for which a voice stands in, and Urdu typed with Arabic's
letters. Seen with espeak-ng 1.52, letter by letter; Kokoro has its phonemes from it.
"""

from types import MappingProxyType
from typing import Final

_VOWEL_SIGNS: Final = (
    "ـ\u0615\u0616\u0617\u0618\u0619\u061a\u0653\u0658\u0659\u065a\u065b\u065c\u065d\u065e"
)
_QURAN_SIGNS: Final = "".join(map(chr, (*range(0x6D6, 0x6DD), *range(0x6DF, 0x6E9), 0x6ED)))
_VEDIC_SIGNS: Final = "\u0951\u0952\u0953\u0954\u0971\u097d"


def _table(pairs: str, dropped: str) -> dict[int, str]:
    signs = pairs.split()
    kept = {ord(sign): nearest for sign, nearest in zip(signs[::2], signs[1::2], strict=True)}
    return {**dict.fromkeys(map(ord, dropped), ""), **kept}


_DEVANAGARI: Final = _table(
    "ऀ ँ ऄ अ ऻ ा ॎ े ॏ ॉ ॕ े ॖ ि ॗ ी ॲ ऍ ॳ अ ॴ आ ॵ ऑ ॶ इ ॷ ई ॸ ड ॹ ज़ ॺ य ॻ ग ॼ ज ॾ ड ॿ ब",
    "\u093a" + _VEDIC_SIGNS,
)
_ARABIC: Final = "ك ک ى ی ة ہ ۀ ہ إ ا ٱ ا ٲ ا ٳ ا ؠ ی ێ ی ۍ ی ې ی ۆ و ۄ و ۇ و \u0655 ِ \u065f ِ"
_NEAREST: Final = MappingProxyType(
    {
        "as": _table("ৼ ং", "ঀঽৗ"),
        "bn": _table("ৰ র ৱ ওয় ৼ ং", "ঀঽৗ"),
        "hi": _DEVANAGARI,
        "kok": _DEVANAGARI,
        "mr": _DEVANAGARI,
        "ne": _DEVANAGARI,
        "or": _table("ୱ ଵ", "\u0b3d\u0b55\u0b56\u0b57"),
        "pa": _table("ਁ ਂ ੵ ੍ਯ ੴ ਇੱਕਓਂਕਾਰ", "\u0a51"),
        "sd": _table(
            "ك ڪ ى ي ة ه ۃ ه إ ا ٱ ا ڈ ڊ ژ ز ں ن ۓ ئي ۇ و",
            _VOWEL_SIGNS + _QURAN_SIGNS + "\u0652\u0654\u0655",
        ),
        "ur": _table(f"ه ہ {_ARABIC}", _VOWEL_SIGNS + _QURAN_SIGNS),
    }
)


def to_known_letters(text: str, language: str) -> str:
    """Return `text` in letters that a voice of `language` knows.

    Signs that only shade a vowel, or belong to recitation, are dropped.
    """
    nearest = _NEAREST.get(language)
    return text.translate(nearest) if nearest else text
