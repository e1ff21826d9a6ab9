from collections.abc import Iterator

import pytest

from ai4v.adapters.numtowords.correction import FAR, LIMITS, SPELLINGS
from ai4v.adapters.numtowords.speller import IndicNumberSpeller
from ai4v.contracts.language import LANGUAGES
from ai4v.ports.numberspeller import NumberSpeller
from tests.conformance.numberspeller import NumberSpellerConformance


class TestIndicNumberSpeller(NumberSpellerConformance):
    @pytest.fixture
    def speller(self) -> NumberSpeller:
        return IndicNumberSpeller()


def test_every_language_is_known() -> None:
    assert LIMITS.keys() == LANGUAGES.keys()


@pytest.mark.parametrize(
    ("language", "number", "words"),
    [
        ("as", 71, "একসত্তৰ"),
        ("bn", 42, "বিয়াল্লিশ"),
        ("brx", 25, "नैजिबा"),
        ("doi", 25, "पं'जी"),
        ("en", 1_205, "one thousand two hundred and five"),
        ("gu", 1_11_000, "એક લાખ અગિયાર હજાર"),
        ("hi", 25, "पच्चीस"),
        ("hi", 66, "छियासठ"),
        ("kn", 54, "ಐವತ್ನಾಲ್ಕು"),
        ("ml", 29, "ഇരുപത്തി ഒൻപത്"),
        ("mni", 21, "ꯀꯨꯟ ꯃꯥꯊꯣꯏ"),
        ("mr", 2_000, "दोन हजार"),
        ("ne", 16, "सोह्र"),
        ("or", 99, "ଅନେଶତ"),
        ("pa", 75, "ਪਚਹੱਤਰ"),
        ("sa", 1_001, "एकाधिकसहस्रम्"),
        ("sat", 58, "ᱢᱚᱬᱮ ᱜᱮᱞ ᱤᱨᱟᱹᱞ"),
        ("sd", 5, "پنج"),
        ("ta", 11, "பதினொன்று"),
        ("ta", 81_000, "எண்பத்து ஒன்றாயிரம்"),
        ("te", 1_500, "ఒక వెయ్యి ఐదు వందలు"),
        ("ur", 27, "ستائیس"),
        ("ur", 9_999_999, "ننانوے لاکھ ننانوے ہزار نو سو ننانوے"),
    ],
)
def test_words(language: str, number: int, words: str) -> None:
    assert IndicNumberSpeller().spell(number, language) == words


def _sample() -> Iterator[int]:
    """Numbers that show whether the parts of a number are told apart wherever they stand."""
    yield from range(1_100)
    remainders = [0, 1, 10, 99, 100, 101, 999, 1_000, 1_001, 9_999, 10_000, 11_011, 83_110, 99_999]
    for count in range(1, 100):
        for remainder in remainders:
            yield from {count * 1_000 + remainder % 1_000, count * 100_000 + remainder}
    yield from range(7, FAR, 6_661)


@pytest.mark.parametrize("language", [code for code, limit in LIMITS.items() if limit == FAR])
def test_no_two_numbers_below_ten_million_have_the_same_words(language: str) -> None:
    spell = IndicNumberSpeller().spell
    numbers = set(_sample())
    assert len({spell(number, language) for number in numbers}) == len(numbers)


@pytest.mark.parametrize("language", SPELLINGS)
def test_no_misspelling_is_left(language: str) -> None:
    spell = IndicNumberSpeller().spell
    wrongs = [wrong for wrong, right in SPELLINGS[language] if wrong not in right]
    numbers = [n for n in range(100) if n < LIMITS[language]] + [
        n * 1_000 for n in range(1, 100) if n * 1_000 < LIMITS[language]
    ]
    words = [spell(number, language) for number in numbers]
    assert not [word for word in words for wrong in wrongs if wrong in word]
