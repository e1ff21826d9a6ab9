import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai4v.services.nmt.fragment import Fragment
from ai4v.services.nmt.protection import (
    count_kept,
    find_protected,
    may_touch,
    without,
    without_alone,
)


def _found(text: str) -> tuple[str, ...]:
    return Fragment.of(text).kept


@pytest.mark.parametrize(
    "kept",
    [
        "5",
        "2024",
        "१२",
        "৪২",
        "1,23,456.50",
        "१,२३,४५६",
        "12.5%",
        "५०%",
        "₹500",
        "$1,000.00",
        "-5",
        "12/05/2024",
        "2024-05-12",
        "10:30",
        "10:30:15",
        "2024-05-12T10:30:00Z",
        "+91 98765 43210",
        "080-2345-6789",
        "v1.2.3",
        "1.2.3",
        "10-15",
        "1" * 60,
        "https://example.org/a?b=1&c=[2]#d",
        "http://हिन्दी.भारत/पथ",
        "ftp://files.example.org/x_y.tar.gz",
        "www.example.org/path",
        "example.com",
        "docs.example.co.in/a/b?c=1",
        "first.last+tag@mail.example.org",
        "@ram_kumar",
        "#भारत",
        "#AI4V",
        "192.168.1.1",
        "10.0.0.1:8080",
        "2001:db8:0:0:8:800:200c:417a",
        "ABC-123",
        "COVID-19",
        "MH12AB1234",
        "A4",
        "5kg",
        "3G",
        "1st",
        "{name}",
        "{{ user.name }}",
        "${total}",
        "%s",
        "%(count)d",
        "<b>",
        "</div>",
        '<a href="https://example.org">',
        "<br/>",
        "&nbsp;",
        "😀",
        "👨‍👩‍👧",
        "👍🏽",
        "❤️",
        "🇮🇳",
        "1️⃣",
    ],
)
def test_what_is_kept(kept: str) -> None:
    assert _found(kept) == (kept,)
    assert _found(f"word {kept} word") == (kept,)
    assert _found(f"यह {kept} है।") == (kept,)
    assert _found(f"({kept}), {kept}.") == (kept, kept)


@pytest.mark.parametrize(
    "text",
    [
        "hello world",
        "यह ठीक है।",
        "A/B or I/O",
        "end of it...",
        "e.g. this",
        "a < b and c > d",
        "say {this and that}",
        "# title",
        "a @ b",
        "क्या?",
    ],
)
def test_what_is_translated(text: str) -> None:
    assert _found(text) == ()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("See https://example.org/a.", ("https://example.org/a",)),
        ("यहाँ देखें: https://example.org।", ("https://example.org",)),
        ("(https://example.org/x)", ("https://example.org/x",)),
        ("<b>5</b>", ("<b>", "5", "</b>")),
        ("१२वीं कक्षा", ("१२",)),
        ("कोविड-19", ("19",)),
        ("3.5.", ("3.5",)),
        ("1, 2 and 3", ("1", "2", "3")),
        ("10:30am", ("10:30",)),
        ("5kgमें", ("5",)),
        ("क5kg", ("5",)),
        ("😀😀", ("😀", "😀")),
    ],
)
def test_where_it_ends(text: str, kept: tuple[str, ...]) -> None:
    assert _found(text) == kept


@given(st.text(st.sampled_from("a1क.,:/@#-+%<>{}$ Z"), max_size=60))
def test_spans_are_in_order_and_apart(text: str) -> None:
    spans = find_protected(text)
    edges = [edge for span in spans for edge in (span.start, span.end)]
    assert edges == sorted(edges)
    assert all(span.start < span.end for span in spans)


@given(st.text(st.sampled_from("a1क.,:/@#-+%<>{}$ Z٣"), max_size=60))
def test_no_digit_is_left_out(text: str) -> None:
    position = 0
    for span in find_protected(text):
        assert not any(each.isdecimal() for each in text[position : span.start])
        position = span.end
    assert not any(each.isdecimal() for each in text[position:])


def test_what_is_known_is_kept_whatever_it_is() -> None:
    assert Fragment.of("the word odd is odd, oddly", ("odd",)).kept == ("odd", "odd")


@pytest.mark.parametrize(
    ("text", "kept", "count"),
    [
        ("5 15 25 5", "5", 2),
        ("5.5 and 5,000", "5", 0),
        ("costs 5. Then", "5", 1),
        ("५वीं", "५", 1),
        ("#tags #tag", "#tag", 1),
        ("https://a.in/b https://a.in/bc", "https://a.in/b", 1),
        ("5kgs 5kg", "5kg", 1),
        ("#भारत #भारती", "#भारत", 1),
    ],
)
def test_part_of_a_longer_one_does_not_count(text: str, kept: str, count: int) -> None:
    assert count_kept(text, [kept])[kept] == count


def test_longer_ones_are_counted_first() -> None:
    counts = count_kept("ABC-12 and 12", ["12", "ABC-12"])
    assert counts == {"ABC-12": 1, "12": 1}


def test_without_leaves_none() -> None:
    assert without("a5b 15", ["5"]).count("5") == 0
    assert without("text", []) == "text"


def test_without_what_stands_alone_leaves_other_numbers() -> None:
    assert without_alone("5 and 7.5 and 5kg 5", ["5"]).split() == ["and", "7.5", "and", "kg"]


@pytest.mark.parametrize(
    ("before", "after", "may"),
    [
        ("5", "6", False),
        ("a5.", "6", False),
        ("5", ":", False),
        ("5%", "-", True),
        ("word", "https://a.in", False),
        ("शब्द", "5", True),
        ("<b>", "word", True),
        ("", "5", True),
    ],
)
def test_what_may_touch(before: str, after: str, *, may: bool) -> None:
    assert may_touch(before, after) is may


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10_000,
        "1" * 10_000,
        "a." * 5_000,
        "1-" * 5_000,
        "A-" * 5_000,
        "http://" * 1_400,
        "<a " * 3_000,
        "<a b=" * 2_000,
        "a@" * 5_000,
        "#a" * 5_000,
        "1:" * 5_000,
        "%(" * 5_000,
        "{" * 10_000,
        "+1 " * 3_000,
        "a1" * 5_000,
        "😀\u200d" * 5_000,
        "&a" * 5_000,
        "http://" + "." * 9_990,
        "<a " + "=" * 9_990,
    ],
    ids=lambda text: text[:8],
)
def test_time_is_in_proportion_to_the_text(text: str) -> None:
    started_s = time.perf_counter()
    find_protected(text)
    assert time.perf_counter() - started_s < 2.0
