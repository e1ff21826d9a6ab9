import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai4v.services.tts.normalization import UnreadableTextError, clean


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("  नमस्ते   दुनिया ", "नमस्ते दुनिया"),
        ("a\tb\u00a0c", "a b c"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("one \n\n \n two", "one\ntwo"),
        ("a\u200bb\ufeffc\u200ed\x07e", "abcde"),
        ("क्\u200dष और क्\u200cष", "क्\u200dष और क्\u200cष"),
        ("\u0958", "\u0915\u093c"),
        ("e\u0301", "é"),
        ("a < b", "a < b"),
        ("he said <speak up>", "he said <speak up>"),
    ],
)
def test_one_form_of_everything(typed: str, read: str) -> None:
    assert clean(typed) == read


@pytest.mark.parametrize("typed", ["", " \n\t", "\u200b\ufeff", "\x01\x02"])
def test_blank_is_refused(typed: str) -> None:
    with pytest.raises(UnreadableTextError, match="no text"):
        clean(typed)


@pytest.mark.parametrize("sign", ["\0", "\ue000", "\uf8ff", "\U000f0000", "\ud800"])
def test_what_means_nothing_is_refused(sign: str) -> None:
    with pytest.raises(UnreadableTextError, match="mean nothing"):
        clean(f"good{sign}text")


@pytest.mark.parametrize(
    "typed",
    [
        "<speak>hi</speak>",
        ' <SPEAK version="1.1">',
        "<?xml version='1.0'?><speak>",
        '<!DOCTYPE speak PUBLIC "-//W3C//DTD SYNTHESIS 1.0//EN" ""><speak>',
    ],
)
def test_markup_is_refused(typed: str) -> None:
    with pytest.raises(UnreadableTextError, match="SSML"):
        clean(typed)


@given(st.text(max_size=60))
def test_clean_text_stays_as_it_is(typed: str) -> None:
    try:
        cleaned = clean(typed)
    except UnreadableTextError:
        return
    assert unicodedata.is_normalized("NFC", cleaned)
    assert clean(cleaned) == cleaned
