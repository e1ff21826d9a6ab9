"""HEAD wherever there is GET, and the methods that a path takes."""

from collections.abc import Sequence
from typing import Final

from starlette.routing import BaseRoute, Match, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


class HeadLayer:
    """Answers HEAD as GET, without the body; a route that takes HEAD itself is left alone."""

    def __init__(self, app: ASGIApp, router: Router) -> None:
        self._app = app
        self._router = router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if (
            scope["type"] != "http"
            or scope["method"] != "HEAD"
            or _is_taken(self._router.routes, scope)
        ):
            await self._app(scope, receive, send)
            return

        async def send_bodiless(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        inner = {**scope, "method": "GET"}
        try:
            await self._app(inner, receive, send_bodiless)
        finally:
            if "route" in inner:
                scope["route"] = inner["route"]


def list_methods(routes: Sequence[BaseRoute], scope: Scope) -> str:
    """Return what the path of `scope` takes, as `Allow` wants it."""
    found = {name for name in _METHODS if _is_taken(routes, {**scope, "method": name})}
    if "GET" in found:
        found.add("HEAD")
    return ", ".join(sorted(found))


def _is_taken(routes: Sequence[BaseRoute], scope: Scope) -> bool:
    return any(route.matches(scope)[0] is Match.FULL for route in routes)
