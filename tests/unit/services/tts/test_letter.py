import unicodedata

import pytest

from ai4v.services.tts.letter import to_known_letters


@pytest.mark.parametrize(
    ("language", "text", "read"),
    [
        ("ur", "كتاب هى", "کتاب ہی"),
        ("ur", "کٲشُر پٲٹھؠ زٕ ژٔ", "کاشُر پاٹھی زِ ژٔ"),
        ("ur", "محمدؐ", "محمدؐ"),
        ("hi", "अ॒ग्निमी॑ळे", "अग्निमीळे"),
        ("hi", "ॿार ॼ ॶ", "बार ज इ"),
        ("hi", "कॉफी ज़रूर", "कॉफी ज़रूर"),
        ("bn", "ৱাহৈ ৰ", "ওয়াহৈ র"),
        ("as", "ৱাহৈ ৰ", "ৱাহৈ ৰ"),
        ("mr", "ॲप", "ऍप"),
        ("or", "ୱେବ", "ଵେବ"),
        ("pa", "ਹਾਁ", "ਹਾਂ"),
        ("sd", "كتاب ۾ گهر ۽", "ڪتاب ۾ گهر ۽"),
        ("ta", "வணக்கம்", "வணக்கம்"),
        ("en", "hello", "hello"),
    ],
)
def test_letters_become_the_nearest_of_the_language(language: str, text: str, read: str) -> None:
    nfc = unicodedata.normalize("NFC", text)
    assert to_known_letters(nfc, language) == unicodedata.normalize("NFC", read)
