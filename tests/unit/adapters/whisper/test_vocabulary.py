import pytest

from ai4v.adapters.whisper.vocabulary import writes_only


@pytest.mark.parametrize(
    "token",
    [" नमस्ते".encode(), b"\xe0\xa4", b"\xe0\xa5", b"\xbe", b" ", b"?", "।".encode(), b" \xe0\xa4"],
)
def test_parts_of_a_devanagari_text(token: bytes) -> None:
    assert writes_only(token, ("Deva",), has_whole_leads=True)


@pytest.mark.parametrize(
    "token",
    [b"a", b"7", "७".encode(), "ம".encode(), b"\xe0\xae", b"\xe0", b"\xd8", "、".encode(), b""],
)
def test_what_a_devanagari_text_cannot_hold(token: bytes) -> None:
    assert not writes_only(token, ("Deva",), has_whole_leads=True)


def test_a_bare_lead_is_needed_where_the_vocabulary_has_no_longer_one() -> None:
    assert writes_only(b"\xe0", ("Gujr",), has_whole_leads=False)


@pytest.mark.parametrize(
    ("token", "fits"),
    [(" ہے".encode(), True), (b"\xd9", True), (b"\xe0", False), ("क".encode(), False)],
)
def test_arabic(token: bytes, *, fits: bool) -> None:
    assert writes_only(token, ("Arab",), has_whole_leads=True) is fits
