from pathlib import Path

import pytest

from tools.openapi import report

ONE, TWO = Path("one.json"), Path("two.json")


def test_what_is_the_same_passes() -> None:
    assert report({ONE: "{}"}, {ONE: "{}"}) == 0


@pytest.mark.parametrize(
    ("fresh", "kept"),
    [({ONE: "{1}"}, {ONE: "{2}"}), ({ONE: "{}", TWO: "{}"}, {ONE: "{}"}), ({}, {ONE: "{}"})],
)
def test_what_differs_is_shown(
    fresh: dict[Path, str], kept: dict[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(fresh, kept) == 1
    assert "make openapi" in capsys.readouterr().out
