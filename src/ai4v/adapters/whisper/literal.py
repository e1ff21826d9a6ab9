"""Arabic letters spelt in Devanagari one by one, for words that no list has. Pure."""

from typing import Final

from ai4v.adapters.whisper.phone import FINAL_YE, START, split_arabic

_CONSONANTS: Final = {
    "ک": "क", "ق": "क", "کھ": "ख", "خ": "ख", "گ": "ग", "گھ": "घ", "غ": "ग", "چ": "च", "چھ": "छ",
    "ج": "ज", "جھ": "झ", "ز": "ज़", "ذ": "ज़", "ض": "ज़", "ظ": "ज़", "ژ": "ज़", "ٹ": "ट", "ٹھ": "ठ",
    "ڈ": "ड", "ڈھ": "ढ", "ڑ": "ड़", "ڑھ": "ढ़", "ت": "त", "ط": "त", "تھ": "थ", "د": "द", "دھ": "ध",
    "ن": "न", "نھ": "न्ह", "پ": "प", "پھ": "फ", "ف": "फ़", "ب": "ब", "بھ": "भ", "م": "म", "مھ": "म्ह",
    "ر": "र", "رھ": "र्ह", "ل": "ल", "لھ": "ल्ह", "ش": "श", "س": "स", "ص": "स", "ث": "स", "ہ": "ह",
    "ھ": "ह", "ح": "ह",
}  # fmt: skip
_LONG: Final = {
    "ا": ("आ", "ा"),
    "آ": ("आ", "ा"),
    "ی": ("ई", "ी"),
    FINAL_YE: ("ई", "ी"),
    "ے": ("ए", "े"),
    "و": ("ओ", "ो"),
}
_SIGNS: Final = "ािीुूेैोौ"


def spell_literally(word: str) -> str:
    """Return `word` in Devanagari, short vowels left out as they are in Arabic letters."""
    letters = split_arabic(word)
    written = ""
    for place, letter in enumerate(letters):
        is_first, is_last = place == 0, place == len(letters) - 1
        follows_vowel = not written or written[-1] in _SIGNS or written[-1] in "आईएओ"
        if letter in _LONG:
            full, sign = _LONG[letter]
            if not follows_vowel:
                written += sign
            elif letter in {"و", "ی"} and not is_last:
                written += "व" if letter == "و" else "य"
            else:
                written += full
        elif letter == START:
            written += "अ"
        elif letter == "ں":
            written += "ं" if written else ""
        elif letter == "ہ" and is_last and not is_first and not follows_vowel:
            written += "ा"
        else:
            written += _CONSONANTS.get(letter, "")
    return written
