"""No dependency of a route and no handler is run in a thread: each that is costs a hop there and
back, several for every request, and none of them has anything to wait for."""

import inspect
from collections.abc import Iterator

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from ai4v.kit.topology import load_topology
from tools.openapi import make_app

_PACKAGES = [service.package for service in load_topology().services]


def _calls(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for inner in dependant.dependencies:
        yield from _calls(inner)


@pytest.mark.parametrize("package", _PACKAGES)
def test_nothing_of_a_route_runs_in_a_thread(package: str) -> None:
    in_threads = {
        getattr(call, "__qualname__", str(call))
        for context in iter_route_contexts(make_app(package).router.routes)
        if isinstance(context.original_route, APIRoute)
        for call in _calls(context.original_route.dependant)
        if not (inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call))
    }
    assert in_threads == set()
