"""Rules on switching a gate off: always with a reason, and never a test."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from typing import Final

from tools.repolint.finding import Finding
from tools.repolint.syntax import last_name
from tools.repolint.tree import Tree

_SWITCH: Final = re.compile(
    r"#\s*(?P<switch>noqa(?::\s*[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*)?"
    r"|type:\s*ignore(?:\[[^\]]*\])?"
    r"|pragma:\s*no (?:cover|branch))(?P<reason>.*)"
)
_REASON: Final = re.compile(r"\s*(?:-|#)\s*\w\S*\s+\S")
_SKIPS: Final = frozenset({"skip", "skipif", "xfail", "importorskip"})


def check_reason(tree: Tree) -> Iterator[Finding]:
    """Find `noqa`, `type: ignore` and `pragma: no cover` without a reason after them."""
    for path in tree.under():
        for line, comment in _comments(tree.text(path)):
            match = _SWITCH.search(comment)
            if match and not _REASON.match(match["reason"]):
                yield Finding(path, line, f"say why after `{match['switch']}`: ` - reason`")


def check_skip(tree: Tree) -> Iterator[Finding]:
    """Find tests that are skipped or expected to fail."""
    for path in tree.under("tests/"):
        for node in ast.walk(tree.module(path)):
            if isinstance(node, ast.ImportFrom) and node.module == "pytest":
                names = {alias.name for alias in node.names}
            elif isinstance(node, ast.Attribute) and last_name(node.value) in {"pytest", "mark"}:
                names = {node.attr}
            else:
                continue
            for name in sorted(names & _SKIPS):
                yield Finding(path, node.lineno, f"{name}: a test runs, or is not there")


def _comments(text: str) -> Iterator[tuple[int, str]]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    except (tokenize.TokenError, SyntaxError):
        return
