import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ai4v.services.nmt.protection import count_kept
from ai4v.services.nmt.restoration import are_apart, restore, write_ascii_digits


@given(st.text())
def test_ascii_digits_change_nothing_else(text: str) -> None:
    written = write_ascii_digits(text)
    assert len(written) == len(text)
    assert all(
        each.isascii() if each.isdecimal() else each == before
        for before, each in zip(text, written, strict=True)
    )


@pytest.mark.parametrize(
    ("text", "kept", "restored"),
    [
        ("45 in class 12th", ("१२", "45"), "45 in class १२th"),
        ("उसने ५ लिए", ("5",), "उसने 5 लिए"),
        ("costs ₹500", ("₹५००",), "costs ₹५००"),
        ("costs 150000", ("1,50,000",), "costs 1,50,000"),
        ("costs 1,500.50", ("1500.50",), "costs 1500.50"),
        ("5 and 5", ("5", "५"), "5 and ५"),
        ("5 and 6", ("५", "६"), "५ and ६"),
        ("15 and 5", ("५",), "15 and ५"),
        ("5 and 5", ("५",), "५ and 5"),
        ("none", ("५",), "none"),
        ("1.5", ("15",), "1.5"),
        ("https://a.in", ("https://a.in", "५"), "https://a.in"),
    ],
)
def test_restored(text: str, kept: tuple[str, ...], restored: str) -> None:
    assert restore(text, kept) == restored


@pytest.mark.parametrize(
    ("text", "kept", "is_apart"),
    [
        ("মাথা 7:85% ব্যথা", ("7", "85%"), False),
        ("7/85% ব্যথা", ("7", "85%"), False),
        ("7-85", ("7", "85"), False),
        ("৭–৮৫", ("৭", "৮৫"), False),
        ("7₹500", ("7", "₹500"), False),
        ("9:30x-5", ("9:30", "-5"), False),
        ("85%-9:30", ("85%", "9:30"), False),
        ("₹5/₹10", ("₹5", "₹10"), False),
        ("7, 85% ব্যথা", ("7", "85%"), True),
        ("7 - 85%", ("7", "85%"), True),
        ("7টি 85%", ("7", "85%"), True),
        ("5%-10%", ("5%", "-10%"), True),
        ("is #tag,5", ("#tag", "5"), True),
        ("7:85 और 7", ("7:85", "7"), True),
        ("https://a.in/7:85", ("https://a.in/7:85", "7"), True),
    ],
)
def test_what_stands_between_joins_no_two(
    text: str, kept: tuple[str, ...], *, is_apart: bool
) -> None:
    assert are_apart(text, kept, "it grew 5%-10% again") is is_apart


@settings(max_examples=300)
@example("a5 5", ["5", "५"])
@given(
    st.text(st.sampled_from("a 5५6,."), max_size=20),
    st.lists(st.sampled_from(["5", "५", "56", "5,6", "₹५"]), max_size=4),
)
def test_nothing_that_was_there_is_lost(text: str, kept: list[str]) -> None:
    before, after = count_kept(text, kept), count_kept(restore(text, kept), kept)
    assert all(after[each] >= min(before[each], kept.count(each)) for each in kept)
