"""The 22 scheduled languages of India and English: codes, names and scripts.

Codes are ISO 639 as the ULCA schema uses them; scripts are ISO 15924 with Unicode's blocks.
Sources: the Eighth Schedule of the Constitution of India; wire contract, section 2; Unicode's
Blocks.txt for the ranges.
"""

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Script:
    """A writing system."""

    code: str
    """ISO 15924, four letters."""
    name: str
    ranges: tuple[tuple[int, int], ...]
    """Code points that belong to it alone, both ends included; shared signs are in `COMMON`."""

    def owns(self, character: str) -> bool:
        """Tell whether `character` (one code point) belongs to this script alone."""
        point = ord(character)
        return any(first <= point <= last for first, last in self.ranges)


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the platform."""

    code: str
    name: str
    native_name: str
    script: str
    """The script it is written in unless another is asked for; a key of `SCRIPTS`."""
    other_scripts: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


_ARABIC = ((0x0600, 0x06FF), (0x0750, 0x077F), (0x08A0, 0x08FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFF))
_DANDA_SPLIT = ((0x0900, 0x0963), (0x0966, 0x097F), (0xA8E0, 0xA8FF))  # U+0964, U+0965 are shared

SCRIPTS = MappingProxyType(
    {
        script.code: script
        for script in (
            Script("Arab", "Arabic", _ARABIC),
            Script("Aran", "Nastaliq", _ARABIC),
            Script("Beng", "Bengali", ((0x0980, 0x09FF),)),
            Script("Deva", "Devanagari", _DANDA_SPLIT),
            Script("Gujr", "Gujarati", ((0x0A80, 0x0AFF),)),
            Script("Guru", "Gurmukhi", ((0x0A00, 0x0A7F),)),
            Script("Knda", "Kannada", ((0x0C80, 0x0CFF),)),
            Script(
                "Latn",
                "Latin",
                ((0x41, 0x5A), (0x61, 0x7A), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x24F)),
            ),
            Script("Mlym", "Malayalam", ((0x0D00, 0x0D7F),)),
            Script("Mtei", "Meetei Mayek", ((0xABC0, 0xABFF), (0xAAE0, 0xAAFF))),
            Script("Olck", "Ol Chiki", ((0x1C50, 0x1C7F),)),
            Script("Orya", "Odia", ((0x0B00, 0x0B7F),)),
            Script("Taml", "Tamil", ((0x0B80, 0x0BFF),)),
            Script("Telu", "Telugu", ((0x0C00, 0x0C7F),)),
        )
    }
)

LANGUAGES = MappingProxyType(
    {
        language.code: language
        for language in (
            Language("as", "Assamese", "অসমীয়া", "Beng"),
            Language("bn", "Bengali", "বাংলা", "Beng"),
            Language("brx", "Bodo", "बर'", "Deva"),
            Language("doi", "Dogri", "डोगरी", "Deva"),
            Language("gu", "Gujarati", "ગુજરાતી", "Gujr"),
            Language("hi", "Hindi", "हिन्दी", "Deva"),
            Language("kn", "Kannada", "ಕನ್ನಡ", "Knda"),
            Language("ks", "Kashmiri", "کٲشُر", "Aran", ("Deva",)),
            Language("kok", "Konkani", "कोंकणी", "Deva", (), ("gom",)),
            Language("mai", "Maithili", "मैथिली", "Deva"),
            Language("ml", "Malayalam", "മലയാളം", "Mlym"),
            Language("mni", "Manipuri", "ꯃꯤꯇꯩꯂꯣꯟ", "Mtei", ("Beng",)),
            Language("mr", "Marathi", "मराठी", "Deva"),
            Language("ne", "Nepali", "नेपाली", "Deva"),
            Language("or", "Odia", "ଓଡ଼ିଆ", "Orya"),
            Language("pa", "Punjabi", "ਪੰਜਾਬੀ", "Guru"),
            Language("sa", "Sanskrit", "संस्कृतम्", "Deva"),
            Language("sat", "Santali", "ᱥᱟᱱᱛᱟᱲᱤ", "Olck"),
            Language("sd", "Sindhi", "سنڌي", "Arab", ("Deva",)),
            Language("ta", "Tamil", "தமிழ்", "Taml"),
            Language("te", "Telugu", "తెలుగు", "Telu"),
            Language("ur", "Urdu", "اردو", "Aran"),
            Language("en", "English", "English", "Latn"),
        )
    }
)

_BY_ANY_CODE = MappingProxyType(
    {
        code: language
        for language in LANGUAGES.values()
        for code in (language.code, *language.aliases)
    }
)


def find_language(code: str) -> Language | None:
    """Look up a language by its code or an alias of it; None when it is not one of ours."""
    return _BY_ANY_CODE.get(code)
