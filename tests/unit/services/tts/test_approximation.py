import pytest

from ai4v.contracts.language import LANGUAGES
from ai4v.services.tts.approximation import APPROXIMATIONS, Reading, native_reading


def _reading(code: str) -> Reading:
    approximate = [item for item in APPROXIMATIONS if item.language.code == code]
    return approximate[0] if approximate else native_reading(LANGUAGES[code])


@pytest.mark.parametrize(
    ("code", "text", "is_speakable"),
    [
        ("hi", "नमस्ते", True),
        ("hi", "hello", True),
        ("hi", "42", True),
        ("hi", "வணக்கம்", False),
        ("hi", "!? 😀 ।", False),
        ("en", "नमस्ते", False),
        ("en", "नमस्ते ok", True),
        ("sat", "ᱡᱚᱦᱟᱨ", True),
        ("mni", "ꯃ", True),
        ("mni", "ম", True),
        ("mni", "म", False),
        ("ks", "کٲشُر", True),
    ],
)
def test_what_a_voice_can_say(code: str, text: str, is_speakable: bool) -> None:  # noqa: FBT001 - a column of the table
    reading = _reading(code)
    assert reading.is_speakable(reading.prepare(text)) is is_speakable


def test_first_approximation_is_for_the_default_script() -> None:
    for language in {
        reading.language.code: reading.language for reading in APPROXIMATIONS
    }.values():
        if language.code != "sd":
            assert _reading(language.code).script == language.script
