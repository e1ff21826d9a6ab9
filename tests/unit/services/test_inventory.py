"""Every path of every service is documented and says who may use it; a new one that does not fails.

Security 3 (deny by default), 31 (questions and pages have bounds), 33 (no path that nobody knows
of), 38 (what changes something is audited).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute, iter_route_contexts

from ai4v.contracts.permission import INTERNAL, OPEN, Permission
from ai4v.kit.paging import MAXIMUM_SIZE
from ai4v.kit.permission import DECLARATION
from ai4v.kit.topology import Service, load_topology
from ai4v.services.nmt.routes import router as nmt_router
from tools.openapi import make_app

_SERVICES = {service.name: service for service in load_topology().services}
_KIT = {"/metrics", "/openapi.json"}
"""The paths that the kit adds: the first is for the machine, the second is this document."""
_PAGES = {
    *("/", "/openapi.json", "/docs", "/docs/page.js", "/docs/page.css"),
    *("/verify-email", "/reset-password"),
}
"""Those of the gateway that people look at; they are not in the document."""
_NEEDS = {*Permission, OPEN, INTERNAL}


def _routes(service: Service) -> Iterator[tuple[str, str, str | None, bool]]:
    """Yield method, path, need, and whether it is documented, of each route but the kit's."""
    app = make_app(service.package)
    document = app.openapi()["paths"]
    for context in iter_route_contexts(app.router.routes):
        route, path = context.original_route, context.path or ""
        if not isinstance(route, APIRoute):
            assert path in _KIT, f"{path} is no route of FastAPI's: it cannot say what it needs"
            continue
        need = (route.openapi_extra or {}).get(DECLARATION)
        for method in sorted(context.methods or ()):
            operation = document.get(path, {}).get(method.lower())
            if operation is not None:
                assert operation.get(DECLARATION) == need
            yield method, path, need, operation is not None


@pytest.mark.parametrize("name", _SERVICES)
def test_every_route_says_what_it_needs(name: str) -> None:
    silent = [
        f"{method} {path}"
        for method, path, need, _ in _routes(_SERVICES[name])
        if need not in _NEEDS
    ]
    assert silent == []


@pytest.mark.parametrize("name", _SERVICES)
def test_every_route_that_clients_reach_is_documented(name: str) -> None:
    for method, path, need, is_documented in _routes(_SERVICES[name]):
        is_internal = path.startswith("/internal/")
        assert (need == INTERNAL) == is_internal, f"{method} {path}"
        is_hidden = is_internal or (name == "gateway" and path in _PAGES)
        assert is_documented or is_hidden, f"{method} {path}"


@pytest.mark.parametrize("name", _SERVICES)
def test_every_operation_is_a_route(name: str) -> None:
    routes = {(path, method.lower()) for method, path, *_ in _routes(_SERVICES[name])}
    document = make_app(_SERVICES[name].package).openapi()["paths"]
    assert {(path, method) for path, item in document.items() for method in item} <= routes


@pytest.mark.parametrize("name", sorted(set(_SERVICES) - {"gateway"}))
def test_what_needs_no_credential_is_what_the_gateway_lets_through(name: str) -> None:
    service = _SERVICES[name]
    declared = {
        f"{method} {path}"
        for method, path, need, _ in _routes(service)
        if need == OPEN and not path.startswith(f"/api/v1/{name}/health")
    }
    below = tuple(place.removesuffix("*") for place in service.open if place.endswith("/*"))
    for route in declared:
        assert route in service.open or route.startswith(below or ("nothing",)), route
    for place in service.open:
        stem = place.removesuffix("*")
        assert any(route == place or route.startswith(stem) for route in declared), place


@pytest.mark.parametrize("name", sorted(set(_SERVICES) - {"auth"}))
def test_what_is_not_audited_changes_nothing_but_by_use(name: str) -> None:
    """Of auth every path that changes something is tried for its event; others keep requests."""
    for method, path, need, _ in _routes(_SERVICES[name]):
        is_use = str(need).endswith(":use")
        assert method == "GET" or is_use, f"{method} {path}: which event of the audit log is it?"


def _has_bounds(schema: Mapping[str, Any]) -> bool:
    """Tell whether what fits into a schema is limited in size."""
    if "anyOf" in schema:
        return all(map(_has_bounds, schema["anyOf"]))
    if schema.get("type") == "string":
        return bool({"maxLength", "pattern", "format", "enum", "const"} & schema.keys())
    if schema.get("type") == "integer":
        return {"minimum", "maximum"} <= schema.keys()
    return schema.get("type") in {"boolean", "null"} or "$ref" in schema


@pytest.mark.parametrize("name", _SERVICES)
def test_questions_have_bounds_and_pages_are_of_100_at_most(name: str) -> None:
    for path, item in make_app(_SERVICES[name].package).openapi()["paths"].items():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "query":
                    what, schema = f"{path}?{parameter['name']}", parameter["schema"]
                    assert _has_bounds(schema), what
                    assert parameter["name"] != "limit" or schema["maximum"] <= MAXIMUM_SIZE, what


def test_a_route_that_says_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    router = APIRouter()
    router.include_router(nmt_router)
    router.add_api_route("/api/v1/nmt/forgotten", lambda: None, methods=["GET"])
    monkeypatch.setattr("ai4v.services.nmt.app.router", router)
    with pytest.raises(AssertionError, match="forgotten"):
        test_every_route_says_what_it_needs("nmt")
