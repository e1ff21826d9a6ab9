"""Run every rule over the repository: `python -m tools.repolint [root]`."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from tools.repolint import (
    address,
    citation,
    code,
    comment,
    dependency,
    licence,
    loading,
    naming,
    service,
    size,
    vendor,
)
from tools.repolint.finding import Finding
from tools.repolint.tree import Tree

RULES: Final[tuple[Callable[[Tree], Iterator[Finding]], ...]] = (
    size.check_module_size,
    size.check_function_size,
    naming.check_name,
    service.check_service,
    service.check_registry,
    service.check_architecture,
    service.check_settings,
    vendor.check_vendor,
    code.check_commit,
    code.check_routes,
    code.check_signature,
    code.check_docstring,
    comment.check_reason,
    comment.check_skip,
    address.check_address,
    address.check_lock,
    citation.check_citation,
    dependency.check_dependency,
    licence.check_licence,
    loading.check_loading,
)


def main(arguments: list[str]) -> int:
    """Print the findings; return 0 when there are none, else 1."""
    tree = Tree.of_repository(Path(arguments[0] if arguments else "."))
    findings = sorted(finding for rule in RULES for finding in rule(tree))
    for finding in findings:
        print(finding)
    print(f"repolint: {len(findings)} findings by {len(RULES)} rules in {len(tree.paths)} files")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
