"""Reading a syntax tree: functions, public names, imports, annotations."""

import ast
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(module: ast.Module) -> Iterator[Function]:
    """Yield every function, methods and nested ones included."""
    for node in ast.walk(module):
        if isinstance(node, Function):
            yield node


def is_public(name: str) -> bool:
    """Tell whether callers elsewhere may use `name`; `__init__` and its like are public."""
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def public_functions(node: ast.Module | ast.ClassDef) -> Iterator[Function]:
    """Yield the public functions of a module and the public methods of its public classes."""
    for child in node.body:
        if isinstance(child, Function) and is_public(child.name):
            yield child
        elif isinstance(child, ast.ClassDef) and is_public(child.name):
            yield from public_functions(child)


def public_fields(node: ast.Module | ast.ClassDef) -> Iterator[ast.AnnAssign]:
    """Yield the annotated names of a module and of its public classes."""
    for child in node.body:
        if isinstance(child, ast.AnnAssign):
            if isinstance(child.target, ast.Name) and is_public(child.target.id):
                yield child
        elif isinstance(child, ast.ClassDef) and is_public(child.name):
            yield from public_fields(child)


def signature(function: Function) -> Iterator[ast.expr]:
    """Yield every annotation of a function's signature."""
    arguments = function.args
    for argument in (
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    ):
        if argument is not None and argument.annotation is not None:
            yield argument.annotation
    if function.returns is not None:
        yield function.returns


def imports(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield the dotted name and line of every import, those inside functions included."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module, node.lineno


def docstring_lines(function: Function) -> int:
    """Count the lines that a function's docstring takes; 0 when it has none."""
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is None:
        return 0
    return (first.end_lineno or first.lineno) - first.lineno + 1


def last_name(node: ast.expr) -> str:
    """Return the last part of a dotted name: `Any` of `typing.Any`; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""
