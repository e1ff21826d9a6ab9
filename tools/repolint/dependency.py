"""The rule on dependencies: each has its one row in docs/dependencies.md (design rule 15)."""

import re
import tomllib
from collections.abc import Iterator
from typing import Final

from tools.repolint.finding import Finding
from tools.repolint.tree import Tree

_DOCS: Final = "docs/dependencies.md"
_RUNTIME: Final = "requirements/runtime.in"
_NAME: Final = re.compile(r"^([A-Za-z0-9][\w.-]*)", re.MULTILINE)
_ROW: Final = re.compile(r"^\| ([a-z0-9-]+) \|", re.MULTILINE)


def check_dependency(tree: Tree) -> Iterator[Finding]:
    """Find dependencies without a row, rows without a dependency, and lists that differ."""
    rows = set(_ROW.findall(tree.text(_DOCS))) if tree.has(_DOCS) else set()
    asked: set[str] = set()
    for path in tree.paths:
        if path.startswith("requirements/") and path.endswith(".in"):
            asked |= set(_NAME.findall(tree.text(path)))
    for name in sorted(asked - rows):
        yield Finding(_DOCS, 0, f"no row for {name}")
    for name in sorted(rows - asked - {"package"}):
        yield Finding(_DOCS, 0, f"a row for {name}, which requirements/*.in does not ask for")
    project = tomllib.loads(tree.text("pyproject.toml"))["project"]
    declared = {match[1] for entry in project["dependencies"] if (match := _NAME.match(entry))}
    for name in sorted(declared ^ set(_NAME.findall(tree.text(_RUNTIME)))):
        yield Finding(_RUNTIME, 0, f"{name} is not both here and in pyproject.toml")
