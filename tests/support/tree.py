"""A fake repository, given as a mapping of path to text."""

from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from tools.repolint.tree import Tree

MakeTree = Callable[[Mapping[str, str]], Tree]


@pytest.fixture
def make_tree(tmp_path: Path) -> MakeTree:
    def make(files: Mapping[str, str]) -> Tree:
        for path, text in files.items():
            place = tmp_path / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(dedent(text), encoding="utf-8")
        return Tree.of_files(tmp_path, files)

    return make
