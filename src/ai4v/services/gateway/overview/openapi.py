"""One description of the API out of those of all services."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from ai4v.contracts.permission import OPEN
from ai4v.kit.permission import DECLARATION

Document = dict[str, JsonValue]

_REFERENCE: Final = "#/components/schemas/"
_SECURITY_SCHEMES: Final[Document] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, or the token of a sign-in.",
    },
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
_SECURITY: Final[list[JsonValue]] = [{"bearer": []}, {"apiKey": []}]


class MergedDocument:
    """Grows by one service at a time.

    The names of a service's schemas and operations get the service's name in front, so that two
    services may use the same. Schemas that only other paths use are left out.
    """

    def __init__(self, title: str, version: str) -> None:
        self._info: Document = {"title": title, "version": version}
        self._paths: Document = {}
        self._schemas: Document = {}

    def add(self, service: str, document: Document, prefixes: Sequence[str]) -> None:
        """Take over what `document` says of paths under `prefixes`."""
        renamed = _rename(document, service)
        for path, item in _object(renamed.get("paths")).items():
            if any(path == prefix or path.startswith(f"{prefix}/") for prefix in prefixes):
                self._paths[path] = _mark_security(_object(item), service)
        schemas = _object(_object(renamed.get("components")).get("schemas"))
        self._schemas |= {f"{service}.{name}": schema for name, schema in schemas.items()}

    def build(self) -> Document:
        """Return the whole as OpenAPI 3.1."""
        return {
            "openapi": "3.1.0",
            "info": self._info,
            "security": _SECURITY,
            "paths": dict(sorted(self._paths.items())),
            "components": {
                "schemas": _keep_used(self._schemas, self._paths),
                "securitySchemes": _SECURITY_SCHEMES,
            },
        }


def _rename(document: Document, service: str) -> Document:
    return {name: _rename_value(value, service) for name, value in document.items()}


def _rename_value(value: JsonValue, service: str) -> JsonValue:
    if isinstance(value, list):
        return [_rename_value(item, service) for item in value]
    if isinstance(value, dict):
        return {name: _rename_value(item, service) for name, item in value.items()}
    if isinstance(value, str) and value.startswith(_REFERENCE):
        return f"{_REFERENCE}{service}.{value.removeprefix(_REFERENCE)}"
    return value


def _keep_used(schemas: Document, paths: Document) -> Document:
    used: set[str] = set()
    found = set(_list_references(paths))
    while found:
        used |= found
        found = {name for key in found for name in _list_references(schemas.get(key))} - used
    return {name: schema for name, schema in schemas.items() if name in used}


def _list_references(value: JsonValue) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _list_references(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _list_references(item)
    elif isinstance(value, str) and value.startswith(_REFERENCE):
        yield value.removeprefix(_REFERENCE)


def _mark_security(item: Document, service: str) -> Document:
    marked: Document = {}
    for method, value in item.items():
        operation = dict(_object(value))
        if not operation:
            marked[method] = value
            continue
        if "operationId" in operation:
            operation["operationId"] = f"{service}_{operation['operationId']}"
        operation.setdefault("tags", [service])
        if operation.get(DECLARATION) == OPEN:
            operation["security"] = []
        marked[method] = operation
    return marked


def _object(value: Mapping[str, JsonValue] | JsonValue) -> Document:
    return dict(value) if isinstance(value, Mapping) else {}
