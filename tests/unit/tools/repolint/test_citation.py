import pytest

from tests.support.tree import MakeTree
from tools.repolint.citation import check_citation

TESTS = """
    def test_one() -> None: ...


    async def test_two() -> None: ...


    class TestThree:
        def test_four(self) -> None: ...
"""
PATH = "tests/unit/test_a.py"


def said(make_tree: MakeTree, text: str) -> list[str]:
    tree = make_tree({"docs/a.md": text, PATH: TESTS})
    return [finding.message for finding in check_citation(tree)]


@pytest.mark.parametrize(
    "text",
    [
        f"`{PATH}`",
        f"`{PATH}::test_one`, `::test_two`",
        f"| a | `{PATH}::TestThree` | `{PATH}::TestThree::test_four` |",
        "it listens on `::1`, or on ``, and calls `ai4v::x` with tests/unit/test_b.py::test_one",
    ],
)
def test_what_is_there_passes(make_tree: MakeTree, text: str) -> None:
    assert said(make_tree, text) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("`tests/unit/test_b.py`", "no file tests/unit/test_b.py"),
        ("`tests/unit/test_b.py::test_one`", "no test tests/unit/test_b.py::test_one"),
        (f"`{PATH}::test_five`", f"no test {PATH}::test_five"),
        (f"`{PATH}::test_one`, `::test_five`", f"no test {PATH}::test_five"),
        (f"`{PATH}::test_four`", f"no test {PATH}::test_four"),
        (f"`{PATH}::TestThree::test_one`", f"no test {PATH}::TestThree::test_one"),
        ("`::test_one` names no file", "no test ::test_one"),
    ],
)
def test_what_is_not_there_is_found(make_tree: MakeTree, text: str, message: str) -> None:
    assert said(make_tree, text) == [message]


def test_the_line_is_named_and_a_file_counts_for_its_line_alone(make_tree: MakeTree) -> None:
    tree = make_tree({"src/README.md": f"`{PATH}::test_one`\n`::test_two`\n", PATH: TESTS})
    assert [str(finding) for finding in check_citation(tree)] == [
        "src/README.md:2: no test ::test_two"
    ]


def test_only_pages_are_read(make_tree: MakeTree) -> None:
    assert list(check_citation(make_tree({"src/a.py": "# `tests/unit/test_b.py`"}))) == []
