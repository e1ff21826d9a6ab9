"""Rules on what code says: transactions, public signatures, docstrings."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import chain
from typing import Final

from tools.repolint.finding import Finding
from tools.repolint.syntax import last_name, public_fields, public_functions, signature
from tools.repolint.tree import Tree

_COMMITTERS: Final = (
    "src/ai4v/kit/database*",
    "src/ai4v/kit/migration*",
    "src/ai4v/services/*/repository.py",
)
_MAPPINGS: Final = frozenset({"dict", "Dict", "Mapping", "MutableMapping"})


def check_commit(tree: Tree) -> Iterator[Finding]:
    """Find a `commit()` outside repositories and the kit's database and migrations."""
    for path in tree.under("src/"):
        if any(fnmatchcase(path, place) for place in _COMMITTERS):
            continue
        for node in ast.walk(tree.module(path)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "commit"
            ):
                yield Finding(path, node.lineno, "only a repository and the kit's database commit")


def check_routes(tree: Tree) -> Iterator[Finding]:
    """Find a `try` in a routes.py: errors are the one handler's, logic is the service's."""
    for path in tree.under("src/ai4v/services/"):
        if not path.endswith("/routes.py"):
            continue
        for node in ast.walk(tree.module(path)):
            if isinstance(node, ast.Try | ast.TryStar):
                yield Finding(path, node.lineno, "routes decode, call and encode: no try here")


def check_signature(tree: Tree) -> Iterator[Finding]:
    """Find `dict[str, Any]` and `**kwargs` in what a module of src offers to others."""
    for path in tree.under("src/"):
        module = tree.module(path)
        for function in public_functions(module):
            if function.args.kwarg is not None:
                yield Finding(path, function.lineno, f"{function.name} takes **kwargs: name them")
        annotations = chain(
            chain.from_iterable(signature(function) for function in public_functions(module)),
            (field.annotation for field in public_fields(module)),
        )
        for annotation in annotations:
            if _says_untyped_mapping(annotation):
                yield Finding(path, annotation.lineno, "an untyped mapping: give the value a type")


def check_docstring(tree: Tree) -> Iterator[Finding]:
    """Find modules of src and tools that do not say why they exist."""
    for path in tree.under("src/", "tools/"):
        module = tree.module(path)
        if module.body and ast.get_docstring(module) is None:
            yield Finding(path, 1, "the module's docstring says why it exists")


def _says_untyped_mapping(annotation: ast.expr) -> bool:
    for node in ast.walk(annotation):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            quoted = _parse(node.value)
            if quoted is not None and _says_untyped_mapping(quoted):
                return True
        if (
            isinstance(node, ast.Subscript)
            and last_name(node.value) in _MAPPINGS
            and isinstance(node.slice, ast.Tuple)
            and last_name(node.slice.elts[-1]) == "Any"
        ):
            return True
    return False


def _parse(annotation: str) -> ast.expr | None:
    try:
        return ast.parse(annotation, mode="eval").body
    except SyntaxError:
        return None
