"""Rules on addresses: nothing that is tracked depends on one machine or one registry."""

import re
from collections.abc import Iterator
from typing import Final

from tools.repolint.finding import Finding
from tools.repolint.tree import Tree

_MACHINE_PATH: Final = re.compile(r"(?<![\w.~-])/(?:work|root|home)/\w")
_REGISTRY: Final = re.compile(
    r"pythonhosted\.org|pypi\.org/simple|registry\.npmjs\.org|index[-_]url[\s=\"']+https?:",
    re.IGNORECASE,
)
_LOCK_ADDRESS: Final = re.compile(r"https?://|--(?:extra-)?index-url|--find-links|-f\s")


def check_address(tree: Tree) -> Iterator[Finding]:
    """Find absolute paths of a developer's machine and addresses of package registries."""
    for path in tree.paths:
        for line, text in enumerate(tree.text(path).splitlines(), start=1):
            if _MACHINE_PATH.search(text):
                yield Finding(path, line, "an absolute path of one machine")
            if _REGISTRY.search(text):
                yield Finding(path, line, "the address of a registry: the installer knows it")


def check_lock(tree: Tree) -> Iterator[Finding]:
    """Find lock files that carry addresses or a requirement without a hash."""
    for path in tree.paths:
        if not (path.startswith("requirements/") and path.endswith(".txt")):
            continue
        lines = tree.text(path).splitlines()
        for number, line in enumerate(lines, start=1):
            if _LOCK_ADDRESS.search(line):
                yield Finding(path, number, "a lock file carries no address")
            following = lines[number] if number < len(lines) else ""
            if "==" in line and not line.startswith("#") and "--hash=" not in line + following:
                yield Finding(path, number, "a requirement without its hash")
