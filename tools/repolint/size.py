"""Rules on size (design rule 2).

A module counts its physical lines. A function counts the physical lines from `def` to its end
without its docstring. A route handler counts those of its body alone, because its signature
declares what FastAPI decodes.
"""

import ast
from collections.abc import Iterator
from typing import Final

from tools.repolint.finding import Finding
from tools.repolint.syntax import Function, docstring_lines, functions
from tools.repolint.tree import Tree

MODULE_LINES: Final = 300
FUNCTION_LINES: Final = 40
HANDLER_LINES: Final = 15

_ROUTE_DECORATORS: Final = frozenset(
    {"get", "post", "put", "patch", "delete", "head", "options", "websocket", "api_route"}
)


def check_module_size(tree: Tree) -> Iterator[Finding]:
    """Find modules over 300 lines."""
    for path in tree.under():
        lines = len(tree.text(path).splitlines())
        if lines > MODULE_LINES:
            yield Finding(path, 0, f"{lines} lines; a module has at most {MODULE_LINES}")


def check_function_size(tree: Tree) -> Iterator[Finding]:
    """Find functions over 40 lines and route handlers over 15."""
    for path in tree.under():
        for function in functions(tree.module(path)):
            name, line = function.name, function.lineno
            lines = _last_line(function) - line + 1 - docstring_lines(function)
            if lines > FUNCTION_LINES:
                yield Finding(
                    path, line, f"{name} has {lines} lines; a function has at most {FUNCTION_LINES}"
                )
            body = _last_line(function) - function.body[0].lineno + 1 - docstring_lines(function)
            if _is_handler(function) and body > HANDLER_LINES:
                yield Finding(
                    path, line, f"{name} has {body} lines; a handler has at most {HANDLER_LINES}"
                )


def _last_line(function: Function) -> int:
    return function.end_lineno or function.lineno


def _is_handler(function: Function) -> bool:
    return any(
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr in _ROUTE_DECORATORS
        and "rout" in ast.unparse(decorator.func.value)
        for decorator in function.decorator_list
    )
