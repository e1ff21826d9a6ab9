"""The layer that lets a request in: by the gateway's token, and by what its path needs."""

from collections.abc import Callable, Sequence

from starlette.datastructures import Headers
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from ai4v.contracts.error import NotFoundError, PlatformError
from ai4v.kit.errorbody import render_error
from ai4v.kit.identity import TOKEN_HEADER, TokenVerifier
from ai4v.kit.permission import check_need, find_place, has_stream, note_place
from ai4v.kit.request import make_request_id

_POLICY_VIOLATION = 1008
_DENIAL = "websocket.http.response"


class UpgradeRequiredError(PlatformError):
    """A stream is here, and nothing else."""

    code = "UPGRADE_REQUIRED"
    status = 426


class IdentityLayer:
    """Lets nobody in who does not hold the gateway's token, nor to what is not theirs to use.

    The open paths need neither. The router knows no good answers for streams: who asks for one
    where there is none, or for something else where there is one, is told here.
    """

    def __init__(
        self,
        app: ASGIApp,
        verifier: TokenVerifier,
        routes: Sequence[BaseRoute],
        is_open: Callable[[str], bool],
    ) -> None:
        self._app = app
        self._verifier = verifier
        self._routes = routes
        self._is_open = is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        try:
            self._decide(scope)
        except PlatformError as error:
            await _refuse(error, scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _decide(self, scope: Scope) -> None:
        state = scope.setdefault("state", {})
        is_open = scope["type"] == "http" and self._is_open(scope["path"])
        if not is_open:
            token = Headers(scope=scope).get(TOKEN_HEADER, "")
            state["caller"] = self._verifier.verify(token)
        place = find_place(self._routes, scope)
        note_place(scope, place)
        if place is None:
            self._check_kind(scope)
        elif not is_open:
            check_need(place.need, state["caller"])

    def _check_kind(self, scope: Scope) -> None:
        if scope["type"] == "websocket":
            raise NotFoundError("there is no stream at this path")
        if scope["method"] == "GET" and has_stream(self._routes, scope["path"]):
            raise UpgradeRequiredError("this path is a stream: open a WebSocket")


async def _refuse(error: PlatformError, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket" and _DENIAL not in scope.get("extensions", ()):
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": error.message})
        return
    answer = render_error(error, scope["state"].get("request_id") or make_request_id())
    if isinstance(error, UpgradeRequiredError):
        answer.headers.update({"connection": "upgrade", "upgrade": "websocket"})
    await answer(scope, receive, send)
