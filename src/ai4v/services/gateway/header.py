"""Headers on their way through: what is dropped, what is ours, what every answer says."""

from collections.abc import Iterable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Header = tuple[bytes, bytes]

_HOP_BY_HOP: Final = frozenset(
    {
        b"connection",
        b"expect",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_OURS: Final = frozenset(
    {
        b"authorization",
        b"forwarded",
        b"host",
        b"x-api-key",
        b"x-real-ip",
        b"x-request-id",
        b"x-request-timeout-ms",
    }
)
_OUR_FAMILIES: Final = (b"x-ai4v-", b"x-user-", b"x-auth-", b"x-consumer-", b"x-forwarded-")
_EVERY_ANSWER: Final[tuple[Header, ...]] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)


def keep_request_headers(headers: Iterable[Header]) -> list[Header]:
    """Return what a client may tell a service: nothing about who it is, nothing of the hop."""
    headers = list(headers)
    dropped = _HOP_BY_HOP | _named_by_connection(headers)
    return [
        (name, value)
        for name, value in headers
        if name not in dropped and not _is_ours(name.replace(b"_", b"-"))
    ]


def keep_response_headers(headers: Iterable[Header]) -> list[Header]:
    """Return what a service may tell a client, names in lower case."""
    headers = [(name.lower(), value) for name, value in headers]
    dropped = _HOP_BY_HOP | _named_by_connection(headers)
    return [
        (name, value)
        for name, value in headers
        if name not in dropped and not name.startswith(b"x-ai4v-")
    ]


def _is_ours(name: bytes) -> bool:
    return name in _OURS or name.startswith(_OUR_FAMILIES)


def _named_by_connection(headers: Iterable[Header]) -> frozenset[bytes]:
    return frozenset(
        part.strip().lower()
        for name, value in headers
        if name == b"connection"
        for part in value.split(b",")
    )


class AnswerHeaderLayer:
    """Adds to every answer what protects a browser, and what this request's state says.

    What an answer says itself stands, but for the headers in the state.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                told: tuple[Header, ...] = scope.get("state", {}).get("answer_headers", ())
                message["headers"] = _join(message.get("headers", ()), told)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _join(headers: Iterable[Header], told: Iterable[Header]) -> list[Header]:
    replaced = {name for name, _ in told}
    joined = [(name, value) for name, value in headers if name.lower() not in replaced]
    joined.extend(told)
    present = {name.lower() for name, _ in joined}
    joined.extend(header for header in _EVERY_ANSWER if header[0] not in present)
    return joined
