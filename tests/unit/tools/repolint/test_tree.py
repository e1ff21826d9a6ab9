from pathlib import Path

from tests.support.tree import MakeTree
from tools.repolint.finding import Finding
from tools.repolint.tree import Tree

ROOT = Path(__file__).parents[4]


def test_a_finding_reads_as_a_place(make_tree: MakeTree) -> None:
    assert str(Finding("src/a.py", 3, "wrong")) == "src/a.py:3: wrong"
    assert str(Finding("src/a.py", 0, "wrong")) == "src/a.py: wrong"


def test_python_files_are_found_by_prefix(make_tree: MakeTree) -> None:
    tree = make_tree({"src/a.py": "", "tests/b.py": "", "src/c.md": ""})
    assert list(tree.under("src/")) == ["src/a.py"]
    assert list(tree.under()) == ["src/a.py", "tests/b.py"]


def test_what_cannot_be_read_is_empty(make_tree: MakeTree, tmp_path: Path) -> None:
    tree = make_tree({"src/a.py": "def (", "src/b.bin": ""})
    (tmp_path / "src/b.bin").write_bytes(b"\xff\xfe")
    assert tree.module("src/a.py").body == []
    assert tree.text("src/b.bin") == ""


def test_the_repository_lists_what_git_would_track() -> None:
    tree = Tree.of_repository(ROOT)
    assert tree.has("pyproject.toml")
    assert not any(path.startswith((".venv/", ".cache/")) for path in tree.paths)
