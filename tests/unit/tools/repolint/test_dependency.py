from tests.support.tree import MakeTree
from tools.repolint.dependency import check_dependency

FILES = {
    "pyproject.toml": '[project]\ndependencies = ["numpy>=2,<3", "redis>=8"]\n',
    "requirements/runtime.in": "# why\nnumpy<3\nredis\n",
    "requirements/dev.in": "-r runtime.in\n-c runtime.txt\nruff\n",
    "docs/dependencies.md": "| package | why |\n| numpy | a |\n| redis | b |\n| ruff | c |\n",
}


def test_a_row_for_each_dependency_passes(make_tree: MakeTree) -> None:
    assert list(check_dependency(make_tree(FILES))) == []


def test_a_missing_row_and_a_row_too_many_are_found(make_tree: MakeTree) -> None:
    docs = FILES["docs/dependencies.md"].replace("| ruff |", "| black |")
    findings = check_dependency(make_tree({**FILES, "docs/dependencies.md": docs}))
    assert [finding.message for finding in findings] == [
        "no row for ruff",
        "a row for black, which requirements/*.in does not ask for",
    ]


def test_lists_that_differ_are_found(make_tree: MakeTree) -> None:
    runtime = FILES["requirements/runtime.in"].replace("redis\n", "")
    docs = FILES["docs/dependencies.md"].replace("| redis | b |\n", "")
    files = {**FILES, "requirements/runtime.in": runtime, "docs/dependencies.md": docs}
    assert [finding.message for finding in check_dependency(make_tree(files))] == [
        "redis is not both here and in pyproject.toml"
    ]
