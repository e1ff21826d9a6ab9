"""Scripts that no voice reads become scripts that one does, sign for sign as they sound.

Only for approximations: the sounds are those of the other language's voice. Sources: the Unicode
charts of Ol Chiki and Meetei Mayek, and the values that their encoding proposals give the letters.
"""

import re
import unicodedata
from types import MappingProxyType
from typing import Final


def _pairs(written: str) -> MappingProxyType[str, str]:
    signs = unicodedata.normalize("NFC", written).split()
    return MappingProxyType(dict(zip(signs[::2], signs[1::2], strict=True)))


_OL_CONSONANTS: Final = _pairs(
    "ᱛ त ᱜ ग ᱝ ङ ᱞ ल ᱠ क ᱡ ज ᱢ म ᱣ व ᱥ स ᱦ ह ᱧ ञ ᱨ र ᱪ च ᱫ द ᱬ ण ᱭ य ᱯ प ᱰ ड ᱱ न ᱲ ड़ ᱴ ट ᱵ ब ᱶ व"
)
_OL_ASPIRATES: Final = _pairs("त थ ग घ क ख ज झ च छ द ध प फ ड ढ ड़ ढ़ ट ठ ब भ")
_OL_VOWELS: Final = _pairs("ᱚ ऑ ᱟ आ ᱤ इ ᱩ उ ᱮ ए ᱳ ओ")
_OL_VOWEL_SIGNS: Final = _pairs("ᱚ ॉ ᱟ ा ᱤ ि ᱩ ु ᱮ े ᱳ ो")
_OL_SHORT_A: Final = "ᱟᱹ"
_OL_NASAL: Final = "ँ"
_OL_ENDS: Final = _pairs("᱾ । ᱿ ॥")
_OL_SYLLABLE: Final = re.compile(
    "(?P<consonant>[ᱛᱜᱝᱞᱠᱡᱢᱣᱥᱦᱧᱨᱪᱫᱬᱭᱯᱰᱱᱲᱴᱵᱶ])?(?P<breath>ᱷ)?[ᱼᱽ]*"
    "(?P<vowel>[ᱚᱟᱤᱩᱮᱳ])?(?P<tone>[ᱸᱹᱺᱻᱽ]*)(?P<joins>(?=[ᱚ-ᱷ]))?"
)
_VIRAMA: Final = "्"

_MEETEI: Final = _pairs(
    "ꯀ ক ꯁ স ꯂ ল ꯃ ম ꯄ প ꯅ ন ꯆ চ ꯇ ত ꯈ খ ꯉ ঙ ꯊ থ ꯋ ৱ ꯌ য় ꯍ হ ꯎ উ ꯏ ই ꯐ ফ ꯑ অ ꯒ গ ꯓ ঝ ꯔ র ꯕ ব ꯖ জ"
    " ꯗ দ ꯘ ঘ ꯙ ধ ꯚ ভ ꯛ ক্ ꯜ ল্ ꯝ ম্ ꯞ প্ ꯟ ন্ ꯠ ৎ ꯡ ং ꯢ ই ꯣ ো ꯤ ি ꯥ া ꯦ ে ꯧ ৌ ꯨ ু ꯩ ৈ ꯪ ং ꯫ । ꯭ ্"
    " ꫠ এ ꫡ ও ꫢ ছ ꫣ ঞ ꫤ ট ꫥ ঠ ꫦ ড ꫧ ঢ ꫨ ণ ꫩ শ ꫪ ষ ꫫ ী ꫬ ূ ꫭ ৈ ꫮ ৌ ꫯ ৌ ꫰ । ꫱ ? ꫲ ঀ ꫵ ঃ ꫶ ্"
)
_MEETEI_TONE: Final = "꯬"
_BENGALI_VOWELS: Final = _pairs("অা আ অি ই অী ঈ অু উ অূ ঊ অে এ অৈ ঐ অো ও অৌ ঔ")


def to_devanagari(text: str) -> str:
    """Write the Ol Chiki in `text` in Devanagari; everything else stays.

    Ol Chiki is an alphabet: a consonant without a vowel gets a virama before another consonant,
    and none at the end of a word, where Hindi is silent anyway.
    """
    converted = _OL_SYLLABLE.sub(_write_syllable, text)
    return "".join(_OL_ENDS.get(sign, sign) for sign in converted)


def to_bengali(text: str) -> str:
    """Write the Meetei Mayek in `text` in Bengali letters; everything else stays."""
    letters = "".join(_MEETEI.get(sign, sign) for sign in text if sign != _MEETEI_TONE)
    for written, vowel in _BENGALI_VOWELS.items():
        letters = letters.replace(written, vowel)
    return letters


def _write_syllable(match: re.Match[str]) -> str:
    if not match[0]:
        return ""
    consonant = _OL_CONSONANTS.get(match["consonant"] or "", "")
    if match["breath"]:
        consonant = _OL_ASPIRATES.get(consonant, f"{consonant}{_VIRAMA}ह" if consonant else "ह")
    vowel = match["vowel"]
    tone = match["tone"]
    nasal = _OL_NASAL if "ᱸ" in tone or "ᱺ" in tone else ""
    is_short_a = vowel == _OL_SHORT_A[0] and ("ᱹ" in tone or "ᱺ" in tone)
    if not vowel:
        return consonant + (_VIRAMA if consonant and match["joins"] is not None else "") + nasal
    if not consonant:
        return ("अ" if is_short_a else _OL_VOWELS[vowel]) + nasal
    return consonant + ("" if is_short_a else _OL_VOWEL_SIGNS[vowel]) + nasal
