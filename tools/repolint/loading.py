"""The rule on loading: nothing that is read can run code.

Pickle and its kin execute what they read; so do PyTorch's files, and YAML unless it is told not to.
Models come as safetensors, ONNX, CTranslate2 or GGUF, and what crosses a process is framed by us.
"""

import ast
from collections.abc import Iterator
from typing import Final

from tools.repolint.finding import Finding
from tools.repolint.syntax import imports, last_name
from tools.repolint.tree import Tree

_MODULES: Final = frozenset(
    {"cloudpickle", "dill", "joblib", "jsonpickle", "marshal", "pickle", "shelve", "torch", "yaml"}
)
_BUILTINS: Final = frozenset({"eval", "exec", "compile"})


def check_loading(tree: Tree) -> Iterator[Finding]:
    """Find code that could run what it reads, in what is installed."""
    for path in tree.under("src/", "migrations/"):
        module = tree.module(path)
        for name, line in imports(module):
            if name.partition(".")[0] in _MODULES:
                yield Finding(path, line, f"{name} can run what it reads")
        for node in ast.walk(module):
            if isinstance(node, ast.Call):
                yield from (Finding(path, node.lineno, message) for message in _faults(node))


def _faults(call: ast.Call) -> Iterator[str]:
    if isinstance(call.func, ast.Name) and call.func.id in _BUILTINS:
        yield f"{call.func.id}() runs what it is given"
    if last_name(call.func) == "load_module":
        yield "load_module() runs what it reads"
    for keyword in call.keywords:
        if keyword.arg == "allow_pickle" and not _is_false(keyword.value):
            yield "allow_pickle runs what it reads"


def _is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False
