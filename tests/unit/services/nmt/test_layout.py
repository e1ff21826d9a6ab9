import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai4v.services.nmt.layout import read_layout

_TEXT = st.text(st.sampled_from("a क1.)-•# \t\n\r\u2028>("), max_size=80)


@given(_TEXT)
def test_nothing_is_lost(text: str) -> None:
    layout = read_layout(text)
    assert layout.join(layout.cells) == text


@given(_TEXT)
def test_cells_are_what_one_line_says(text: str) -> None:
    for cell in read_layout(text).cells:
        assert cell
        assert cell == cell.strip()
        assert not re.search(r"[\n\r\t\u2028\u2029]", cell)


@given(_TEXT)
def test_line_breaks_stay_when_every_cell_changes(text: str) -> None:
    layout = read_layout(text)
    joined = layout.join(tuple("x" for _ in layout.cells))
    assert re.findall(r"[\n\r\t\u2028]", joined) == re.findall(r"[\n\r\t\u2028]", text)


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("- one\n- two", ("one", "two")),
        ("  • one  \n\n\t1. two\r\n", ("one", "two")),
        ("1) one\n(2) two\n१. three", ("one", "two", "three")),
        ("## Title\n> said", ("Title", "said")),
        ("> - 1. deep", ("deep",)),
        ("a) one\tb", ("one", "b")),
        ("-5 degrees\n1.5 kg\nA. Sharma", ("-5 degrees", "1.5 kg", "A. Sharma")),
        ("\n \n", ()),
        ("2024. A year", ("2024. A year",)),
    ],
)
def test_markers(text: str, cells: tuple[str, ...]) -> None:
    assert read_layout(text).cells == cells
