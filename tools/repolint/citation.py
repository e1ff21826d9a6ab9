"""The rule on citations: a test that a page names as its witness is there, under that name.

A page cites `tests/unit/test_a.py::test_b` or `tests/unit/test_a.py::TestA::test_b`; `::test_c`
after it on the same line is another test of the same file.
"""

import ast
import re
from collections.abc import Iterator
from typing import Final

from tools.repolint.finding import Finding
from tools.repolint.tree import Tree

_CITATION: Final = re.compile(
    r"`(?P<path>tests/[\w./-]+\.py)?(?:::(?P<name>[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*))?`"
)
_Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def check_citation(tree: Tree) -> Iterator[Finding]:
    """Find tests that a page cites and that are not there."""
    for page in tree.paths:
        if not page.endswith(".md"):
            continue
        for line, text in enumerate(tree.text(page).splitlines(), start=1):
            yield from (Finding(page, line, message) for message in _wrong(tree, text))


def _wrong(tree: Tree, text: str) -> Iterator[str]:
    path = ""
    for match in _CITATION.finditer(text):
        path, name = match["path"] or path, match["name"] or ""
        if name and not (tree.has(path) and _defines(tree.module(path), name)):
            yield f"no test {path}::{name}"
        elif path and not tree.has(path):
            yield f"no file {path}"


def _defines(module: ast.Module, name: str) -> bool:
    body: list[ast.stmt] = module.body
    for part in filter(None, name.split("::")):
        found = [node for node in body if isinstance(node, _Named) and node.name == part]
        if not found:
            return False
        body = found[0].body
    return True
