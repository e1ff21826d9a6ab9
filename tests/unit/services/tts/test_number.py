"""Numbers are said in words; the speller here says them digit by digit, so that it shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai4v.adapters.memory.numberspeller import MemoryNumberSpeller
from ai4v.services.tts.number import NumberReader


class WholeSpeller:
    """Writes a number as `<n>`, below a million, and digits as `d`."""

    limits = {"en": 1_000_000, "hi": 1_000_000, "kok": 1_000_000, "ta": 1_000_000}  # noqa: RUF012 - the port's property, never changed

    def spell(self, number: int, language: str) -> str:
        assert 0 <= number < self.limits[language]
        return f"<{number}>"

    def spell_digits(self, digits: str, language: str) -> str:
        if language not in self.limits:
            raise ValueError(language)
        return " ".join(f"d{digit}" for digit in digits)


def _read(text: str, language: str = "en") -> str:
    return NumberReader(WholeSpeller(), language).read(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("I have 5.", "I have <5>."),
        ("1,234 and 12,345 and 123,456", "<1234> and <12345> and <123456>"),
        ("1,23,456 people", "<123456> people"),
        ("1, 2, 3", "<1>, <2>, <3>"),
        ("3.05 km", "<3> point d0 d5 km"),
        ("50% off, 2.5 % on", "<50> percent off, <2> point d5 percent on"),
        (
            "₹500 Rs. 20 Rs 30 INR 40 ₹ 1,000.50",
            "<500> rupees <20> rupees <30> rupees <40> rupees <1000> point d5 d0 rupees",
        ),
        ("500/- only", "<500> rupees only"),
        ("₹5 crore and 3 lakh", "<5> crore rupees and <3> lakh"),
        ("-5 degrees, (−6), 4-7", "minus <5> degrees, (minus <6>), <4>-<7>"),
        ("call 9876543210", "call d9 d8 d7 d6 d5 d4 d3 d2 d1 d0"),
        ("+91 98765 43210", "d9 d1, d9 d8 d7 d6 d5, d4 d3 d2 d1 d0"),
        ("98765 43210", "d9 d8 d7 d6 d5, d4 d3 d2 d1 d0"),
        ("agent 007", "agent d0 d0 d7"),
        ("12,34,56,789", "d1 d2 d3 d4 d5 d6 d7 d8 d9"),
        ("2000000", "d2 d0 d0 d0 d0 d0 d0"),
        ("in 1947", "in <1947>"),
        ("15/08/1947 and 2024-01-05", "<15> <8> <1947> and <2024> <1> <5>"),
        ("10:30 and 10:00", "<10> <30> and <10>"),
        ("1st 2nd 4G A4 MP3", "1st 2nd 4G A4 MP3"),
        ("$5 and €6", "$5 and €6"),
        ("see www.a1.org/2 and x1@y2.com", "see www.a1.org/2 and x1@y2.com"),
        ("nothing", "nothing"),
    ],
)
def test_english(text: str, read: str) -> None:
    assert _read(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("५ और १,२३,४५६", "<5> और <123456>"),
        ("३.५", "<3> दशमलव d5"),
        ("५०% और ₹२०", "<50> प्रतिशत और <20> रुपये"),
        ("रु. 20 रु 30", "<20> रुपये <30> रुपये"),
        ("₹5 करोड़।", "<5> करोड़ रुपये।"),
        ("₹5 लाखों", "<5> रुपये लाखों"),
        ("5वां दिन", "<5>वां दिन"),
        ("कोविड19 और 4G", "कोविड <19> और <4> G"),
        ("-5", "माइनस <5>"),
    ],
)
def test_hindi(text: str, read: str) -> None:
    assert _read(text, "hi") == read


@pytest.mark.parametrize(
    "digits", ["৪২", "૪૨", "೪೨", "൪൨", "୪୨", "੪੨", "௪௨", "౪౨", "٤٢", "۴۲", "᱔᱒", "꯴꯲"]
)
def test_digits_of_every_script(digits: str) -> None:
    assert _read(digits, "ta") == "<42>"


def test_sign_without_a_word_is_left_to_the_engine() -> None:
    assert _read("-5% and 3.5", "kok") == "- <5> टक्के and 3.5"


def test_language_without_words_keeps_its_digits_in_ascii() -> None:
    assert _read("१२३ ०७ ₹5", "brx") == "123 0 7 ₹ 5"


def test_beyond_the_limit_digits_are_said() -> None:
    assert NumberReader(MemoryNumberSpeller(), "ta").read("12") == "ஒன்று இரண்டு"


@given(
    st.text(alphabet="0123456789.,-+₹%/: aकRs५", max_size=40), st.sampled_from(["en", "hi", "brx"])
)
def test_anything_can_be_read(text: str, language: str) -> None:
    assert isinstance(_read(text, language), str)
