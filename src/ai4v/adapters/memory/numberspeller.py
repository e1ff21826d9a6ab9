"""A number speller for tests: reads numbers digit by digit in a few languages."""

from types import MappingProxyType
from typing import Final

_WORDS: Final = MappingProxyType(
    {
        "en": "zero one two three four five six seven eight nine",
        "hi": "शून्य एक दो तीन चार पाँच छह सात आठ नौ",
        "ta": "பூஜ்யம் ஒன்று இரண்டு மூன்று நான்கு ஐந்து ஆறு ஏழு எட்டு ஒன்பது",
    }
)
_LIMITS: Final = MappingProxyType({"en": 10_000_000, "hi": 10_000_000, "ta": 10})


class MemoryNumberSpeller:
    """A `NumberSpeller` that knows digits alone; of Tamil it claims no number of two."""

    @property
    def limits(self) -> dict[str, int]:
        """As the port says."""
        return dict(_LIMITS)

    def spell(self, number: int, language: str) -> str:
        """As the port says."""
        if not 0 <= number < _LIMITS.get(language, 0):
            raise ValueError(f"no words in {language!r} for this number")
        return self.spell_digits(str(number), language)

    def spell_digits(self, digits: str, language: str) -> str:
        """As the port says."""
        if language not in _WORDS:
            raise ValueError(f"no words for digits in {language!r}")
        if not digits.isascii() or (digits and not digits.isdecimal()):
            raise ValueError("not digits from 0 to 9 alone")
        words = _WORDS[language].split()
        return " ".join(words[int(digit)] for digit in digits)
