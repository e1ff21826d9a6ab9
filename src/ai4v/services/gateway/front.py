"""The application that the server runs: our own paths go to FastAPI, all others past it."""

from collections.abc import Sequence
from typing import Final

from fastapi import FastAPI
from starlette.datastructures import State
from starlette.types import Message, Receive, Scope, Send

from ai4v.services.gateway.passage.header import UNAVAILABLE, Header, protect, say_when
from ai4v.services.gateway.passage.origin import Origins
from ai4v.services.gateway.routes import router

_OWN_PREFIX: Final = "/api/v1/gateway/"


class Front:
    """Serves both.

    Args:
        app: has the gateway's own paths, and the lifespan.
        origins: whose pages may call.
    """

    def __init__(self, app: FastAPI, origins: Origins) -> None:
        self._app = app
        self._origins = origins
        self._own = frozenset({*_list_paths(router.routes), "/metrics"})

    @property
    def app(self) -> FastAPI:
        """The app that has the gateway's own paths."""
        return self._app

    @property
    def state(self) -> State:
        """That of the app: its health and its metrics."""
        return self._app.state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer (ASGI)."""
        kind = scope["type"]
        if kind == "lifespan":
            await self._app(scope, receive, send)
        elif kind == "http" and scope["method"] == "OPTIONS" and _is_preflight(scope):
            await self._answer_preflight(scope, send)
        elif kind == "http" and self._is_own(scope["path"]):
            await self._answer_ourselves(scope, receive, send)
        else:
            await scope["state"]["entrance"].edge(scope, receive, send)

    def _is_own(self, path: str) -> bool:
        return path in self._own or path.startswith(_OWN_PREFIX)

    async def _answer_ourselves(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_secure = scope["scheme"] == "https"
        told = self._origins.describe(_find(scope, b"origin"))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                state = scope.get("state", {})
                headers = [*message.get("headers", ()), *state.get("answer_headers", ()), *told]
                if message["status"] == UNAVAILABLE:
                    say_when(headers)
                protect(headers, is_secure=is_secure)
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, send_with_headers)

    async def _answer_preflight(self, scope: Scope, send: Send) -> None:
        status, headers = self._origins.answer_preflight(_find(scope, b"origin") or b"")
        headers.append((b"content-length", b"0"))
        protect(headers, is_secure=scope["scheme"] == "https")
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _is_preflight(scope: Scope) -> bool:
    asked = _find(scope, b"access-control-request-method")
    return asked is not None and _find(scope, b"origin") is not None


def _find(scope: Scope, name: bytes) -> bytes | None:
    headers: Sequence[Header] = scope["headers"]
    return next((value for known, value in headers if known == name), None)


def _list_paths(routes: Sequence[object]) -> list[str]:
    return [path for route in routes if (path := getattr(route, "path", None))]
