from pathlib import Path

import pytest

from ai4v.adapters.whisper.lexicon import Lexicon
from ai4v.adapters.whisper.literal import spell_literally
from ai4v.adapters.whisper.phone import split_arabic, split_devanagari
from ai4v.adapters.whisper.respell import Respeller, load_respellers
from ai4v.adapters.whisper.script import is_in_script

_KNOWN = """मौसम राजधानी स्कूल गणित सब्ज़ियों बाज़ार अच्छा विशाल भाषाएँ प्रधानमंत्री किताब
कीमत दवा लेनी दिल्ली भारत"""
_FREQUENT = """है हैं के की का में से को और ने मैं उस आप कर आज बहुत एक बजे हमारी देश जाती बोली
शुरू बढ़ गए"""


@pytest.fixture(scope="module")
def respeller() -> Respeller:
    return Respeller(Lexicon(_KNOWN.split(), _FREQUENT.split()))


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("آج موسم بہت اچھا ہے", "आज मौसम बहुत अच्छा है"),
        ("دلی بھارت کی راج دھانی ہے۔", "दिल्ली भारत की राजधानी है।"),
        ("کی طاب کی کیمت؟", "किताब की कीमत?"),
        ("بازار، سبزیوں", "बाज़ार, सब्ज़ियों"),
        ("بڑگئے", "बढ़ गए"),
        ("ایسکول", "स्कूल"),
        ("پردھان منتری", "प्रधानमंत्री"),
        ("اس نے", "उसने"),
        ("میں اور میں", "मैं और मैं"),
        ("دلی میں", "दिल्ली में"),
        ("यह पहले से है", "यह पहले से है"),
        ("", ""),
    ],
)
def test_what_was_heard_is_respelled(respeller: Respeller, heard: str, meant: str) -> None:
    assert respeller.respell(heard) == meant


@pytest.mark.parametrize(
    "heard", ["ڈزنی لینڈ", "ژ", "ءَ", "ٱلله", "قسطنطنیہ", "٪ ہے", "ھ", "ﷺ", "यहہ", "اَ"]
)
def test_no_letter_of_the_other_script_is_left(respeller: Respeller, heard: str) -> None:
    assert is_in_script(respeller.respell(heard), "Deva")


@pytest.mark.parametrize(
    ("word", "spelling"), [("کمار", "कमार"), ("انور", "अनोर"), ("آشا", "आशा"), ("سیما", "सीमा")]
)
def test_words_that_no_list_has_are_spelt_letter_by_letter(word: str, spelling: str) -> None:
    assert spell_literally(word) == spelling


def test_sounds_and_letters() -> None:
    assert split_devanagari("दिल्ली") == ("द", "i", "ल", "ल", "I")
    assert split_devanagari("घर") == ("घ", "a", "र")
    assert split_arabic("بھائی") == ("بھ", "ا", "ئ", "ى")
    assert split_arabic("اور") == ("و", "ر")


def test_a_folder_without_lists_has_no_respeller(tmp_path: Path) -> None:
    assert load_respellers(None) == {}
    assert load_respellers(tmp_path) == {}
    (tmp_path / "hi_common.txt").write_text("# remark\nगणित\n", "utf-8")
    assert load_respellers(tmp_path)["hi"].respell("گنیت") == "गणित"
