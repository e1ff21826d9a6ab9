"""Devanagari and Arabic spellings as sounds and letters, and what is written for what. Pure.

Arabic letters leave short vowels unwritten and share one letter between several long ones, so a
word is found by what its letters could stand for, not letter by letter.
"""

import unicodedata
from collections.abc import Sequence
from typing import Final

_VIRAMA: Final = "\u094d"
_NUKTA: Final = "\u093c"
NASAL: Final = "N"
SCHWA: Final = "a"
_VOWELS: Final = {
    "अ": SCHWA, "आ": "A", "इ": "i", "ई": "I", "उ": "u", "ऊ": "U", "ए": "e", "ऐ": "E", "ओ": "o",
    "औ": "O", "ऑ": "O", "ऍ": "e", "ऋ": "i", "ा": "A", "ि": "i", "ी": "I", "ु": "u", "ू": "U",
    "े": "e", "ै": "E", "ो": "o", "ौ": "O", "ॉ": "O", "ॅ": "e", "ृ": "i",
}  # fmt: skip
_NASALS: Final = frozenset("ंँ")
VOWELS: Final = frozenset("aAiIuUeEoO")

_CLASH: Final = 1.6
_LETTERS: Final = {
    "क": "ک ق0.1 کھ0.35 گ0.5 خ0.5",
    "ख": "کھ خ0.2 ک0.35 ھ0.8",
    "ग": "گ غ0.2 گھ0.35 ک0.5",
    "घ": "گھ گ0.35 غ0.35 کھ0.5",
    "च": "چ چھ0.35 ج0.5 ش0.8",
    "छ": "چھ چ0.35 ش0.6 جھ0.6",
    "ज": "ج ز0.25 جھ0.35 چ0.5 ذ0.3 ض0.3 ظ0.3 ڑ0.8",
    "झ": "جھ ج0.35 چھ0.6",
    "ट": "ٹ ت0.3 ٹھ0.35 ط0.3 ڈ0.6",
    "ठ": "ٹھ ٹ0.35 تھ0.35 ت0.6",
    "ड": "ڈ د0.3 ڈھ0.35 ڑ0.4 ٹ0.6",
    "ढ": "ڈھ ڈ0.35 دھ0.4 ڑھ0.4",
    "ण": "ن ں0.1 نھ0.2",
    "त": "ت ط0.1 تھ0.35 ٹ0.35 د0.5 ة0.1",
    "थ": "تھ ت0.35 ٹھ0.4 ط0.4",
    "द": "د دھ0.35 ڈ0.35 ت0.5",
    "ध": "دھ د0.35 ڈھ0.5 تھ0.6",
    "न": "ن ں0.1 نھ0.2 م0.6",
    "प": "پ پھ0.35 ب0.5 ف0.6",
    "फ": "پھ ف0.1 پ0.35",
    "ब": "ب بھ0.35 پ0.5 و0.8",
    "भ": "بھ ب0.35 پھ0.6",
    "म": "م ں0.6 ن0.6 مھ0.2",
    "य": "ی ے0.2 ئ0.2",
    "र": "ر ڑ0.35 رھ0.2 غ1.0",
    "ल": "ل لھ0.2 ن0.8",
    "व": "و ف0.6 ب0.7 وھ0.2",
    "श": "ش س0.4 چھ0.8",
    "ष": "ش س0.4 کھ0.6",
    "स": "س ص0.1 ث0.1 ش0.4 ز0.6",
    "ह": "ہ ح0.1 ھ0.15 ئ0.6",
    "ञ": "ن ی0.5",
    "ङ": "ن",
    "ळ": "ل",
    "क़": "ق ک0.1 کھ0.4",
    "ख़": "خ کھ0.2 ک0.4",
    "ग़": "غ گ0.2",
    "ज़": "ز ذ0.05 ض0.05 ظ0.05 ژ0.1 ج0.25 س0.6",
    "ड़": "ڑ ر0.3 ڈ0.35 ڑھ0.3 د0.6",
    "ढ़": "ڑھ ڑ0.3 ڈھ0.35 ر0.5 رھ0.4",
    "फ़": "ف پھ0.15 پ0.5",
    "a": "ا0.4 ہ0.4 ع0.1 ے0.6 و0.6 ی0.6",
    "A": "ا آ ہ0.25 ع0.2 ے0.6 ی0.9 و0.9",
    "i": "ی0.2 ے0.3 ا0.4 ع0.1 ئ0.2",
    "I": "ی ے0.35 ئ0.3 ہ0.8",
    "u": "و0.2 ا0.4 ع0.1",
    "U": "و ا0.8",
    "e": "ے ی0.08 ئ0.3 ہ0.45 ا0.6",
    "E": "ے ی0.1 ا0.5 ہ0.5 ئ0.4",
    "o": "و ا0.7 ؤ0.1",
    "O": "و ا0.4",
    "N": "ن ں م0.25",
}
_DROP: Final = {
    SCHWA: 0.0, "i": 0.06, "u": 0.06, "A": 0.55, "I": 0.6, "U": 0.55, "e": 0.55, "E": 0.55,
    "o": 0.55, "O": 0.5, NASAL: 0.2, "ह": 0.5, "य": 0.45, "व": 0.6,
}  # fmt: skip
_EXTRA: Final = {
    "ا": 0.6, "و": 0.6, "ی": 0.5, "ے": 0.55, "ہ": 0.4, "ھ": 0.25, "ئ": 0.05, "ء": 0.0, "ع": 0.25,
    "ں": 0.2, "ن": 0.7, "آ": 0.7,
}  # fmt: skip
_DROP_DOUBLE: Final = 0.1
_PLAIN: Final = dict(zip("खघछझठढथधफभ", "कगचजटडतदपब", strict=True))
_DROP_START: Final = 0.5
START: Final = "\u0627\u0654"
"""An alif that carries a vowel which begins the word."""
FINAL_YE: Final = "ى"
"""A ye at the end is another letter than one for e."""
_START_COST: Final = {"a": 0.0, "i": 0.0, "u": 0.0, "A": 0.25, "e": 0.25, "E": 0.2, "O": 0.3}
_FINAL_YE_COST: Final = {"I": 0.0, "i": 0.2, "e": 0.25, "E": 0.35, "य": 0.2}
_EXTRA_START: Final = 0.5
_EXTRA_BEFORE_S: Final = 0.1
"""Urdu spells sk-, st- as isk-, ist-."""
_SAME: Final = str.maketrans(
    {"ي": "ی", "ى": "ی", "ك": "ک", "ە": "ہ", "ۂ": "ہ", "ۃ": "ہ", "ة": "ہ", "ه": "ہ", "ؤ": "و",
     "أ": "ا", "إ": "ا", "ۓ": "ے", "ڡ": "ف", "ٻ": "ب", "ګ": "گ"}
)  # fmt: skip


def _cost_table() -> dict[tuple[str, str], float]:
    table = {}
    for sound, letters in _LETTERS.items():
        for entry in letters.split():
            letter = entry.rstrip("0123456789.")
            key = (unicodedata.normalize("NFD", sound), letter)
            table[key] = float(entry[len(letter) :] or 0.0)
    table.update({(sound, START): cost for sound, cost in _START_COST.items()})
    table.update({(sound, FINAL_YE): cost for sound, cost in _FINAL_YE_COST.items()})
    return table


_COST: Final = _cost_table()


def split_devanagari(word: str) -> tuple[str, ...]:
    """Return the sounds of a word in Devanagari, inherent vowels included but the last."""
    sounds: list[str] = []
    letters = unicodedata.normalize("NFD", word)
    for place, letter in enumerate(letters):
        following = letters[place + 1 : place + 2]
        if letter == _NUKTA and sounds:
            sounds[-1] = sounds[-1] + _NUKTA
        elif letter in _VOWELS:
            sounds.append(_VOWELS[letter])
            continue
        elif letter in _NASALS:
            sounds.append(NASAL)
            continue
        elif "क" <= letter <= "ह":
            sounds.append(letter)
        else:
            continue
        if following and following not in _VOWELS and following not in (_VIRAMA, _NUKTA):
            sounds.append(SCHWA)
    return tuple(sounds)


def split_arabic(word: str) -> tuple[str, ...]:
    """Return the letters of a word, each with the breath that follows it; no vowel signs.

    An alif at the start is told apart, and left out before the letter of a long vowel.
    """
    letters: list[str] = []
    for letter in unicodedata.normalize("NFC", word).translate(_SAME):
        if unicodedata.combining(letter) or letter in "\u0640\u200c\u200d":
            continue
        if letter == "ھ" and letters and (letters[-1] + letter) in _BREATHED:
            letters[-1] += letter
        else:
            letters.append(letter)
    if letters[:1] == ["ا"] and len(letters) > 1:
        letters[:1] = [] if letters[1] in {"و", "ی", "ے"} else [START]
    if letters[1:] and letters[-1] == "ی":
        letters[-1] = FINAL_YE
    return tuple(letters)


_BREATHED: Final = frozenset(letter for _, letter in _COST if len(letter) == 2)


def drop_costs(sounds: Sequence[str]) -> tuple[float, ...]:
    """Return for each sound how unlikely it is that it was left unwritten."""
    costs: list[float] = []
    last = ""
    for sound in sounds:
        if not last and sound in VOWELS:
            costs.append(_DROP_START)
        elif last[:1] == sound[0] or _PLAIN.get(sound) == last:
            costs.append(_DROP_DOUBLE)
        else:
            costs.append(_DROP.get(sound, 1.0))
        if sound != SCHWA or not last:
            last = sound
    return tuple(costs)


def extra_costs(letters: Sequence[str]) -> tuple[float, ...]:
    """Return for each letter how unlikely it is that it stands for no sound."""
    costs = [_EXTRA.get(letter, 1.0) for letter in letters]
    if letters and letters[0] in {START, "ی"}:
        costs[0] = _EXTRA_BEFORE_S if letters[1:2] == ("س",) else _EXTRA_START
    return tuple(costs)


def write_cost(sound: str, letter: str) -> float:
    """Return how unlikely it is that `letter` was written for `sound`; 0 is usual."""
    return _COST.get((sound, letter), _CLASH)
