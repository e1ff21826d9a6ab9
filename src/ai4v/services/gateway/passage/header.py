"""Headers on their way through: what is dropped, what is read, what every answer says.

What is done with a header depends on its name alone and is remembered by name, since the same few
names come with every request.
"""

from collections.abc import Iterable, Sequence
from enum import Enum, auto
from typing import Final

from ai4v.kit.cost import HEADER as COST_HEADER

Header = tuple[bytes, bytes]
"""Name in lower case, value."""

_COST: Final = COST_HEADER.encode()
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
        b"trailers",
        b"transfer-encoding",
        b"upgrade",
    }
)
_READ: Final = frozenset(
    {
        b"authorization",
        b"connection",
        b"content-length",
        b"host",
        b"origin",
        b"traceparent",
        b"transfer-encoding",
        b"x-api-key",
        b"x-forwarded-for",
        b"x-request-id",
        b"x-request-timeout-ms",
    }
)
"""Noted and not passed on as they came, but for the origin."""
_OURS: Final = frozenset({b"authorization", b"forwarded", b"host", b"x-api-key", b"x-real-ip"})
_DROPPED: Final = _HOP_BY_HOP | _OURS | _READ | {b"idempotency-key"}
"""However they are spelled: a service may take `_` for `-`."""
_OUR_FAMILIES: Final = (
    *(b"x-ai4v-", b"x-user-", b"x-auth-", b"x-consumer-", b"x-forwarded-"),
    *(b"x-request-id", b"x-request-timeout-ms", b"sec-websocket-"),
)
_OURS_IN_ANSWERS: Final = (
    *(b"x-ai4v-", b"x-request-id", b"x-ratelimit-degraded", b"ratelimit"),
    *(b"access-control-", b"strict-transport-security"),
)
UNAVAILABLE: Final = 503
_SOON: Final = (b"retry-after", b"2")
_MOST_NAMES: Final = 2_048
"""Remembered; a client that invents names makes us work for each, not remember each."""

EVERY_ANSWER: Final[tuple[Header, ...]] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
HSTS: Final = (b"strict-transport-security", b"max-age=31536000")
_PROTECTIVE: Final = frozenset(name for name, _ in EVERY_ANSWER)
_EVERY_SECURE_ANSWER: Final = (*EVERY_ANSWER, HSTS)


class _Way(Enum):
    KEEP = auto()
    KEEP_AND_NOTE = auto()
    NOTE = auto()
    DROP = auto()


_KEEP: Final = _Way.KEEP
_KEEP_AND_NOTE: Final = _Way.KEEP_AND_NOTE
_DROP: Final = _Way.DROP


class RequestHead:
    """What the headers of a request say, read once."""

    __slots__ = ("kept", "noted")

    def __init__(self, headers: Iterable[Header]) -> None:
        self.kept: list[Header] = []
        """What a service is told: nothing about who asks, nothing of the hop."""
        self.noted: dict[bytes, list[bytes]] = {}
        for header in headers:
            name = header[0]
            way = _request_ways.get(name) or _choose_for_request(name)
            if way is _KEEP:
                self.kept.append(header)
            elif way is not _DROP:
                if way is _KEEP_AND_NOTE:
                    self.kept.append(header)
                self.noted.setdefault(name, []).append(header[1])
        if b"connection" in self.noted:
            self.kept = _without_named(self.kept, self.noted[b"connection"])

    def get(self, name: bytes) -> bytes | None:
        """Return the first value of a header that is read here."""
        values = self.noted.get(name)
        return values[0] if values else None

    def list(self, name: bytes) -> Sequence[bytes]:
        """Return all values of a header that is read here."""
        return self.noted.get(name, ())


class AnswerHead:
    """What the headers of a service's answer say, read once."""

    __slots__ = ("cost", "is_protective", "kept", "length")

    def __init__(self, headers: Iterable[Header], *, with_cookies: bool) -> None:
        self.kept: list[Header] = []
        """What a client is told by the service."""
        self.cost: bytes | None = None
        self.length: bytes | None = None
        self.is_protective = False
        """Whether the service itself says one of the headers that protect a browser."""
        named: list[bytes] = []
        for header in headers:
            name = header[0]
            way = _answer_ways.get(name) or _choose_for_answer(name)
            if way is _KEEP:
                self.kept.append(header)
            elif way is _DROP:
                continue
            elif name == b"content-length":
                self.length = header[1]
                self.kept.append(header)
            elif name == b"set-cookie":
                if with_cookies:
                    self.kept.append(header)
            elif name == _COST:
                self.cost = header[1]
            elif name == b"connection":
                named.append(header[1])
            else:
                self.is_protective = True
                self.kept.append(header)
        if named:
            self.kept = _without_named(self.kept, named)


def protect(headers: list[Header], *, is_secure: bool, is_protective: bool = True) -> None:
    """Add what protects a browser; what the answer says itself stands.

    Args:
        headers: those of the answer; they are changed.
        is_secure: whether the client came by TLS.
        is_protective: whether the answer may say one of them itself.
    """
    wanted = _EVERY_SECURE_ANSWER if is_secure else EVERY_ANSWER
    if not is_protective:
        headers.extend(wanted)
        return
    present = {name.lower() for name, _ in headers}
    headers.extend(header for header in wanted if header[0] not in present)


def say_when(headers: list[Header]) -> None:
    """Have an answer of UNAVAILABLE say when to come back, unless it does; they are changed."""
    if all(name.lower() != b"retry-after" for name, _ in headers):
        headers.append(_SOON)


def _without_named(headers: Iterable[Header], values: Iterable[bytes]) -> list[Header]:
    named = {part.strip().lower() for value in values for part in value.split(b",")}
    return [header for header in headers if header[0] not in named]


def _choose_for_request(name: bytes) -> _Way:
    spelled = name.replace(b"_", b"-")
    if name in (b"origin", b"idempotency-key"):
        way = _Way.KEEP_AND_NOTE
    elif name in _READ or name == b"sec-websocket-protocol":
        way = _Way.NOTE
    elif spelled in _DROPPED or spelled.startswith(_OUR_FAMILIES):
        way = _Way.DROP
    else:
        way = _Way.KEEP
    if len(_request_ways) < _MOST_NAMES:
        _request_ways[name] = way
    return way


def _choose_for_answer(name: bytes) -> _Way:
    if name in (b"content-length", b"set-cookie", b"connection", _COST) or name in _PROTECTIVE:
        way = _Way.NOTE
    elif name in _HOP_BY_HOP or name.startswith(_OURS_IN_ANSWERS):
        way = _Way.DROP
    else:
        way = _Way.KEEP
    if len(_answer_ways) < _MOST_NAMES:
        _answer_ways[name] = way
    return way


_request_ways: Final[dict[bytes, _Way]] = {}
_answer_ways: Final[dict[bytes, _Way]] = {}
