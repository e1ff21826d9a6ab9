"""The number speller that services use: indic-numtowords, corrected and kept within its limits."""

from functools import lru_cache

from indic_numtowords import num2words

from ai4v.adapters.numtowords.correction import LIMITS, OWN_DIGITS, SPELLINGS


class IndicNumberSpeller:
    """A `NumberSpeller` of 23 languages; has no state and may be used by any thread."""

    @property
    def limits(self) -> dict[str, int]:
        """As the port says."""
        return dict(LIMITS)

    def spell(self, number: int, language: str) -> str:
        """As the port says."""
        if not 0 <= number < LIMITS.get(language, 0):
            raise ValueError(f"no words in {language!r} for this number")
        if language in OWN_DIGITS:
            return OWN_DIGITS[language].split()[number]
        words = str(num2words(number, lang=language))
        for wrong, right in SPELLINGS.get(language, ()):
            words = words.replace(wrong, right)
        return " ".join(words.split())

    def spell_digits(self, digits: str, language: str) -> str:
        """As the port says."""
        if language not in LIMITS:
            raise ValueError(f"no words for digits in {language!r}")
        if not digits.isascii() or (digits and not digits.isdecimal()):
            raise ValueError("not digits from 0 to 9 alone")
        words = self._digits(language)
        return " ".join(words[int(digit)] for digit in digits)

    @lru_cache(maxsize=len(LIMITS))  # noqa: B019 - a speller lives as long as its process
    def _digits(self, language: str) -> tuple[str, ...]:
        return tuple(self.spell(digit, language) for digit in range(10))
