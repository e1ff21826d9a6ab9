"""What every number speller must do."""

import unicodedata
from collections.abc import Iterator

import pytest

from ai4v.contracts.language import LANGUAGES, SCRIPTS
from ai4v.ports.numberspeller import NumberSpeller

_DIGITS = "0123456789"
_JOINERS = " -'\u200c\u200d"
"""An apostrophe is a sign of tone in Bodo and Dogri."""


def _numbers(limit: int) -> Iterator[int]:
    """All small numbers, then those around round ones."""
    yield from range(min(limit, 1_000))
    step = 1_000
    while step < limit:
        for count in (1, 2, 9, 10, 11, 99):
            yield from (
                number for number in (count * step - 1, count * step) if 1_000 <= number < limit
            )
        step *= 10


def _is_of(words: str, language: str) -> bool:
    """Tell whether `words` holds nothing but letters of the language's script and joiners."""
    script = SCRIPTS[LANGUAGES[language].script]
    return all(
        character in _JOINERS
        or (script.owns(character) and unicodedata.category(character)[0] in "LM")
        for character in words
    )


class NumberSpellerConformance:
    """Subclass it with the fixture `speller`."""

    def test_limits_are_of_languages_we_know(self, speller: NumberSpeller) -> None:
        assert speller.limits
        assert not speller.limits.keys() - LANGUAGES.keys()
        assert min(speller.limits.values()) >= 10

    def test_limits_cannot_be_changed_from_outside(self, speller: NumberSpeller) -> None:
        before = dict(speller.limits)
        speller.limits.clear()
        assert speller.limits == before

    def test_different_numbers_have_different_words(self, speller: NumberSpeller) -> None:
        for language, limit in speller.limits.items():
            numbers = set(_numbers(limit))
            assert len({speller.spell(number, language) for number in numbers}) == len(numbers)

    def test_words_are_in_the_script_of_the_language(self, speller: NumberSpeller) -> None:
        for language, limit in speller.limits.items():
            for number in _numbers(limit):
                words = speller.spell(number, language)
                assert words == " ".join(words.split())
                assert words
                assert _is_of(words, language), (language, number)

    def test_the_last_number_below_the_limit_has_words(self, speller: NumberSpeller) -> None:
        for language, limit in speller.limits.items():
            assert speller.spell(limit - 1, language)

    def test_what_is_out_of_bounds_is_an_error(self, speller: NumberSpeller) -> None:
        for language, limit in speller.limits.items():
            for number in (-1, limit, limit + 1, 10**30):
                with pytest.raises(ValueError, match=language):
                    speller.spell(number, language)

    def test_digits_are_spelt_one_by_one(self, speller: NumberSpeller) -> None:
        for language in speller.limits:
            words = [speller.spell(number, language) for number in range(10)]
            assert speller.spell_digits(_DIGITS, language) == " ".join(words)
            assert speller.spell_digits("0070", language) == " ".join(
                words[int(digit)] for digit in "0070"
            )
            assert speller.spell_digits("", language) == ""

    def test_many_digits_are_spelt(self, speller: NumberSpeller) -> None:
        for language in speller.limits:
            one = speller.spell(1, language)
            assert speller.spell_digits("1" * 1_000, language) == " ".join([one] * 1_000)

    @pytest.mark.parametrize("digits", ["1a", "-1", "1.5", "1 2", "२", "²", "٣"])
    def test_what_is_no_digit_is_an_error(self, speller: NumberSpeller, digits: str) -> None:
        for language in speller.limits:
            with pytest.raises(ValueError, match="digit"):
                speller.spell_digits(digits, language)

    @pytest.mark.parametrize("language", ["xx", "EN", "hin"])
    def test_an_unknown_language_is_an_error(self, speller: NumberSpeller, language: str) -> None:
        with pytest.raises(ValueError, match=language):
            speller.spell(1, language)
        with pytest.raises(ValueError, match=language):
            speller.spell_digits("1", language)
