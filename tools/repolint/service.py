"""Rules that hold services.toml, the folders of the services and the docs together."""

import ast
from collections import Counter
from collections.abc import Iterator
from typing import Final

from tools.repolint.finding import Finding
from tools.repolint.registry import REGISTRY_PATH, Registry, Service
from tools.repolint.syntax import public_fields
from tools.repolint.tree import Tree

_SERVICES: Final = "src/ai4v/services/"
_ARCHITECTURE: Final = "docs/architecture.md"
_FILES: Final = ("app.py", "settings.py", "routes.py", "service.py", "README.md")
_SQL_FILES: Final = ("repository.py", "tables.py")


def check_service(tree: Tree) -> Iterator[Finding]:
    """Find services that are listed and not there, there and not listed, or incomplete."""
    services = Registry.of_tree(tree).services
    for service in services:
        for path in _expected(service):
            if not tree.has(path):
                yield Finding(path, 0, f"missing: services.toml lists {service.name}")
    known = {service.folder for service in services}
    for folder in sorted({_folder(path) for path in tree.under(_SERVICES)} - known - {_SERVICES}):
        yield Finding(folder, 0, "not listed in services.toml")


def check_registry(tree: Tree) -> Iterator[Finding]:
    """Find names, ports and route prefixes that are given out twice."""
    registry = Registry.of_tree(tree)
    claims = [f"name {entry.name}" for entry in registry.processes]
    claims += [f"port {entry.port}" for entry in registry.processes]
    claims += [f"prefix {prefix}" for service in registry.services for prefix in service.prefixes]
    for claim, count in Counter(claims).items():
        if count > 1:
            yield Finding(REGISTRY_PATH, 0, f"{claim} is given out {count} times")


def check_architecture(tree: Tree) -> Iterator[Finding]:
    """Find a table of services in the docs that is not the one of services.toml."""
    table = Registry.of_tree(tree).table()
    if not tree.has(_ARCHITECTURE):
        yield Finding(_ARCHITECTURE, 0, "missing: it shows the table of services")
    elif table not in tree.text(_ARCHITECTURE):
        yield Finding(_ARCHITECTURE, 0, f"its table of services should read\n{table}")


def check_settings(tree: Tree) -> Iterator[Finding]:
    """Find settings of a service that its README does not name, as `NAME`."""
    for service in Registry.of_tree(tree).services:
        path, readme = f"{service.folder}settings.py", f"{service.folder}README.md"
        if not (tree.has(path) and tree.has(readme)):
            continue
        for name, line in _settings(tree.module(path)):
            if f"`{name}`" not in tree.text(readme):
                yield Finding(path, line, f"{readme} does not name `{name}`")


def _settings(module: ast.Module) -> Iterator[tuple[str, int]]:
    for field in public_fields(module):
        if isinstance(field.target, ast.Name) and "ClassVar" not in ast.unparse(field.annotation):
            yield field.target.id.upper(), field.lineno


def _expected(service: Service) -> Iterator[str]:
    stored = "postgres" in service.stores
    for name in (*_FILES, *(_SQL_FILES if stored else ())):
        yield service.folder + name


def _folder(path: str) -> str:
    name, slash, _ = path.removeprefix(_SERVICES).partition("/")
    return f"{_SERVICES}{name}/" if slash else _SERVICES
