import unicodedata

import pytest

from ai4v.contracts.language import SCRIPTS
from ai4v.services.tts.script import to_bengali, to_devanagari


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("ᱥᱟᱱᱛᱟᱲᱤ", "सान्ताड़ि"),
        ("ᱡᱚᱦᱟᱨ", "जॉहार"),
        ("ᱫᱟᱹ", "द"),
        ("ᱟᱹᱰᱤ", "अडि"),
        ("ᱠᱷᱟᱹᱛᱤᱨ", "खतिर"),
        ("ᱚᱞ ᱪᱤᱠᱤ᱾", "ऑल चिकि।"),
        ("ᱦᱟᱸ", "हाँ"),
        ("hello ᱟᱢ 5", "hello आम 5"),
    ],
)
def test_ol_chiki(written: str, read: str) -> None:
    assert to_devanagari(written) == unicodedata.normalize("NFC", read)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("ꯃꯤꯇꯩꯂꯣꯟ", "মিতৈলোন্"),
        ("ꯑꯥ ꯑꯤ ꯑꯨ", "আ ই উ"),
        ("ꯈꯨꯔꯨꯝꯖꯔꯤ꯫", "খুরুম্জরি।"),
        ("ꯃꯁꯤꯡ hello", "মসিং hello"),
        ("নমস্কার", "নমস্কার"),
    ],
)
def test_meetei_mayek(written: str, read: str) -> None:
    assert to_bengali(written) == unicodedata.normalize("NFC", read)


@pytest.mark.parametrize(("code", "convert"), [("Olck", to_devanagari), ("Mtei", to_bengali)])
def test_every_letter_has_a_sound(code: str, convert: object) -> None:
    assert callable(convert)
    script = SCRIPTS[code]
    points = [point for first, last in script.ranges for point in range(first, last + 1)]
    letters = [chr(point) for point in points if unicodedata.category(chr(point)) == "Lo"]
    assert len(letters) > 25
    for letter in letters:
        read = convert(letter)
        assert read
        assert not any(script.owns(sign) for sign in read)
