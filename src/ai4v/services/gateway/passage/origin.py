"""Which pages of other origins may call us: those of an exact list, without cookies."""

from collections.abc import Iterable
from typing import Final

from ai4v.services.gateway.passage.header import Header

_METHODS: Final = b"GET, HEAD, POST, PUT, PATCH, DELETE"
_HEADERS: Final = (
    b"accept, authorization, content-type, idempotency-key, traceparent, x-api-key, x-request-id,"
    b" x-request-timeout-ms"
)
_EXPOSED: Final = (
    b"idempotency-replayed, ratelimit, ratelimit-policy, retry-after, x-ratelimit-degraded,"
    b" x-request-id"
)
_REMEMBERED_S: Final = b"600"


class Origins:
    """The list; empty: no page of another origin."""

    def __init__(self, origins: Iterable[str]) -> None:
        vary = (b"vary", b"Origin")
        self._told: dict[bytes, list[Header]] = {
            origin.encode(): [
                (b"access-control-allow-origin", origin.encode()),
                (b"access-control-expose-headers", _EXPOSED),
                vary,
            ]
            for origin in origins
        }
        self._told_others = [vary] if self._told else []

    def __contains__(self, origin: bytes) -> bool:
        """Tell whether pages of `origin` may call."""
        return origin in self._told

    def describe(self, origin: bytes | None) -> list[Header]:
        """Return what an answer says to a page of `origin`."""
        return self._told_others if origin is None else self._told.get(origin, self._told_others)

    def answer_preflight(self, origin: bytes) -> tuple[int, list[Header]]:
        """Return status and headers of the answer to a browser's question whether it may call."""
        if origin not in self._told:
            return 400, list(self._told_others)
        return 200, [
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", _HEADERS),
            (b"access-control-max-age", _REMEMBERED_S),
            (b"vary", b"Origin"),
        ]
