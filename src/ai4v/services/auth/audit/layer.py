"""Notes every 401 and 403 that this service answers itself, after it has answered.

The gateway notes its own and those of the other services; what is asked under /internal is asked by
the gateway for itself, and it notes what comes of that.
"""

from datetime import UTC, datetime
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ai4v.contracts.audit import Refusal
from ai4v.contracts.error import (
    AuthenticationError,
    AuthorizationError,
    PlatformError,
    ServiceUnavailableError,
)
from ai4v.kit.caller import find_entrance
from ai4v.kit.log import get_logger
from ai4v.kit.request import get_request_id
from ai4v.services.auth.audit.actor import get_actor
from ai4v.services.auth.service import AuthService

_CHECKS: Final = "/internal/credentials/"
_ERRORS: Final[dict[int, type[PlatformError]]] = {
    401: AuthenticationError,
    403: AuthorizationError,
}
_log: Final = get_logger(__name__)


class RefusalLayer:
    """Sits around everything else, so that nothing refuses unseen."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self._app(scope, receive, watch)
        error = _ERRORS.get(status)
        if error is not None and not scope["path"].startswith(_CHECKS):
            await _note(Request(scope), error)


async def _note(request: Request, error: type[PlatformError]) -> None:
    log = find_entrance(request, AuthService).areas.audit
    actor = await get_actor(request, await get_request_id(request))
    route = str(request.scope["state"].get("route", "unknown"))
    refusal = Refusal(
        at=datetime.now(UTC),
        request_id=actor.request_id,
        address=actor.address,
        actor=actor.name,
        method=request.method[:16],
        route=route,
        status=401 if error is AuthenticationError else 403,
        code=error.code,
    )
    try:
        await log.refuse([refusal])
    except ServiceUnavailableError as failure:
        _log.warning("refusal not in the audit log", reason=failure.message)
