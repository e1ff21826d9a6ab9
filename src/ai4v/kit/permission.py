"""Which permission a path needs, and whether somebody who asks has it: deny by default.

A path says what it needs where it is declared, in its OpenAPI operation, so that what is documented
is what is enforced. One place decides, before the body is read; a path that says nothing is refused
whoever asks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from pydantic import JsonValue
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Scope

from ai4v.contracts.error import AuthenticationError, AuthorizationError
from ai4v.contracts.permission import INTERNAL, OPEN, Permission
from ai4v.kit.identity import InternalCaller

DECLARATION: Final = "x-permission"
_STREAM_DECLARATION: Final = "_ai4v_permission"
_STATE: Final = "place"
_PERMISSIONS: Final = frozenset(Permission)
Need = Permission | Literal["open", "internal"]
"""A permission; `OPEN`: nothing; `INTERNAL`: that the platform asks for itself."""
_Endpoint = TypeVar("_Endpoint", bound=Callable[..., object])


def needs(need: Need) -> dict[str, JsonValue]:
    """Return the `openapi_extra` of a path that needs this; `|` joins it with another."""
    return {DECLARATION: str(need)}


def stream_needs(need: Need) -> Callable[[_Endpoint], _Endpoint]:
    """Declare what a WebSocket's handler needs: OpenAPI knows no WebSocket (a decorator)."""

    def declare(endpoint: _Endpoint) -> _Endpoint:
        setattr(endpoint, _STREAM_DECLARATION, need)
        return endpoint

    return declare


@dataclass(frozen=True, slots=True)
class Place:
    """What a request asks for."""

    route: BaseRoute
    path: str
    """Its pattern."""
    need: Need | None
    """None: it declares none, or what is none."""


def find_place(routes: Sequence[BaseRoute], scope: Scope) -> Place | None:
    """Return what a request asks for; None: nothing, which is for the router to say (404, 405)."""
    for context in iter_route_contexts(routes):
        if _answers(context, scope):
            route = context.original_route
            return Place(route, context.path or "unknown", _declared(route))
    return None


def has_stream(routes: Sequence[BaseRoute], path: str) -> bool:
    """Tell whether a WebSocket is opened at a path."""
    scope = {"type": "websocket", "path": path}
    return any(
        isinstance(context.original_route, WebSocketRoute) and _answers(context, scope)
        for context in iter_route_contexts(routes)
    )


async def check_admission(connection: HTTPConnection) -> None:
    """Return when the route that answers is the one that was decided on (a FastAPI dependency).

    Raises:
        AuthorizationError: it is another, or nothing was decided.
    """
    place = connection.scope["state"].get(_STATE)
    is_decided = isinstance(place, Place) and (
        # Of a WebSocket's route the router makes another when it includes it.
        connection.scope["type"] == "websocket" or place.route is connection.scope.get("route")
    )
    if not is_decided:
        raise AuthorizationError("this path is nobody's to use")


def check_need(need: Need | None, caller: InternalCaller) -> None:
    """Return when `caller` has what a path needs.

    Raises:
        AuthenticationError: a permission is needed, and nobody is known to ask.
        AuthorizationError: it is not the caller's, or the path declares nothing.
    """
    if need == OPEN:
        return
    if need is None:
        raise AuthorizationError("this path is nobody's to use: it declares no permission")
    if need == INTERNAL:
        if caller.principal is not None:
            raise AuthorizationError("this path is for the platform itself")
    elif caller.principal is None:
        raise AuthenticationError("this path needs an API key or a signed-in user")
    elif need not in caller.principal.permissions:
        raise AuthorizationError(f"this needs the permission {need}")


def note_place(scope: Scope, place: Place | None) -> None:
    """Keep what was decided on, for `check_admission` and the metrics."""
    scope["state"][_STATE] = place
    if place is not None:
        scope["state"]["route"] = place.path


def _answers(context: RouteContext, scope: Scope) -> bool:
    """Tell whether the router would take this route; of what it cannot know it says yes."""
    pattern = getattr(context, "path_regex", None)
    if pattern is not None and pattern.match(scope["path"]) is None:
        return False
    if isinstance(context.original_route, WebSocketRoute):
        return bool(scope["type"] == "websocket")
    if isinstance(context.original_route, Route):
        return scope["type"] == "http" and (
            context.methods is None or scope["method"] in context.methods
        )
    return True


def _declared(route: BaseRoute) -> Need | None:
    if isinstance(route, APIRoute):
        said = (route.openapi_extra or {}).get(DECLARATION)
    else:
        said = getattr(getattr(route, "endpoint", None), _STREAM_DECLARATION, None)
    if said == OPEN:
        return "open"
    if said == INTERNAL:
        return "internal"
    return Permission(said) if said in _PERMISSIONS else None
