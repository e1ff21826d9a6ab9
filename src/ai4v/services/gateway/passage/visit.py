"""One request on its way through the gateway: what is known of it, and its answer."""

import re
import time
from random import getrandbits
from typing import Final

from starlette.types import Receive, Scope, Send

from ai4v.contracts.error import DeadlineExceededError, PlatformError, ValidationError
from ai4v.kit.cycle import WHOLE
from ai4v.kit.deadline import DEFAULT_S, Deadline
from ai4v.kit.deadline import HEADER as DEADLINE_HEADER
from ai4v.kit.errorbody import render_error
from ai4v.kit.trace import EdgeTrace
from ai4v.services.gateway.door.address import Network, find_client
from ai4v.services.gateway.door.guest import Guest
from ai4v.services.gateway.passage.header import UNAVAILABLE, Header, RequestHead, protect, say_when
from ai4v.services.gateway.routing import Route

CLIENT_LEFT: Final = 499
"""How logs and metrics call a request whose client did not wait for an answer."""
_WELL_FORMED_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_TIMEOUT: Final = DEADLINE_HEADER.encode()
_TIMEOUT_DIGITS: Final = 9
_UNKNOWN: Final = "unknown"
_SECURE: Final = frozenset({"https", "wss"})


class Visit:
    """Everything between a request's coming and its line in the access log."""

    __slots__ = (
        *(
            "_kind",
            "client",
            "code",
            "deadline",
            "guest",
            "head",
            "is_begun",
            "is_secure",
            "path",
            "receive",
        ),
        *("request_id", "route", "scope", "send", "started_s", "status", "told", "trace"),
    )

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, trusted: tuple[Network, ...]
    ) -> None:
        self.started_s = time.perf_counter()
        self._kind = "http.response" if scope["type"] == "http" else "websocket.http.response"
        self.scope = scope
        self.is_secure = scope["scheme"] in _SECURE
        """Whether the client came by TLS."""
        self.receive = receive
        self.send = send
        self.head = head = RequestHead(scope["headers"])
        request_id = head.get(b"x-request-id") if b"x-request-id" in head.noted else None
        if request_id is None or not _WELL_FORMED_ID.fullmatch(request_id):
            request_id = b"%032x" % getrandbits(128)
        self.request_id = request_id
        peer = scope.get("client")
        forwarded = head.noted.get(b"x-forwarded-for", ())
        self.client = find_client(peer[0] if peer else "", forwarded, trusted)
        self.path: str = scope["path"]
        self.route: Route | None = None
        self.guest: Guest | None = None
        self.deadline = Deadline(DEFAULT_S)
        self.told: list[Header] = []
        """Headers of the answer, whatever it will be."""
        self.trace: EdgeTrace | None = None
        self.status = CLIENT_LEFT
        self.code = ""
        """Of the error that was answered, if it was one of ours."""
        self.is_begun = False
        """Whether an answer is on its way."""

    @property
    def label(self) -> str:
        """The route's name in metrics."""
        return _UNKNOWN if self.route is None else self.route.label

    @property
    def key_class(self) -> str:
        """What kind of credential was shown, for metrics: key, session, anonymous."""
        return "anonymous" if self.guest is None else self.guest.kind

    @property
    def is_late(self) -> bool:
        """Whether the client's time is up."""
        try:
            self.deadline.remaining_s()
        except DeadlineExceededError:
            return True
        return False

    @property
    def can_explain(self) -> bool:
        """Whether a refusal can have a body; of a WebSocket's handshake not every server can."""
        if self.scope["type"] == "http":
            return True
        return self._kind in self.scope.get("extensions", ())

    def forget_head(self) -> None:
        """Hold the headers of a request no longer: a stream may be open for hours."""
        self.scope["headers"] = ()
        self.head = RequestHead(())

    def read_deadline(self) -> None:
        """Take the time that the client gives us.

        Raises:
            ValidationError: it is no positive number of milliseconds.
        """
        given = self.head.get(_TIMEOUT)
        if given is None:
            return
        if not given.isdigit() or len(given) > _TIMEOUT_DIGITS or int(given) == 0:
            raise ValidationError.at(DEADLINE_HEADER, "a positive number of milliseconds")
        self.deadline = Deadline.parse(given.decode())

    async def begin(self, status: int, headers: list[Header], *, is_protective: bool) -> None:
        """Send the head of an answer; the list of headers is used up."""
        self._complete(status, headers, is_protective=is_protective)
        await self.send({"type": self._kind + ".start", "status": status, "headers": headers})

    async def answer(
        self, status: int, headers: list[Header], body: bytes, *, is_protective: bool
    ) -> None:
        """Send a whole answer, in one message where the server takes it."""
        self._complete(status, headers, is_protective=is_protective)
        if WHOLE in self.scope.get("extensions", ()):
            await self.send({"type": WHOLE, "status": status, "headers": headers, "body": body})
            return
        await self.send({"type": self._kind + ".start", "status": status, "headers": headers})
        await self.end(body)

    async def end(self, body: bytes = b"") -> None:
        """Send the last, or only, piece of the body."""
        await self.send({"type": self._kind + ".body", "body": body, "more_body": False})

    async def pass_on(self, piece: bytes) -> None:
        """Send a piece of the body that is not the last."""
        await self.send({"type": self._kind + ".body", "body": piece, "more_body": True})

    async def refuse(self, error: PlatformError, *, is_last: bool = False) -> None:
        """Answer with an error; `is_last` closes the connection."""
        self.code = error.code
        answer = render_error(error, self.request_id.decode())
        headers = [header for header in answer.raw_headers if header[0] != b"x-request-id"]
        if is_last:
            headers.append((b"connection", b"close"))
        await self.answer(error.status, headers, bytes(answer.body), is_protective=False)

    def _complete(self, status: int, headers: list[Header], *, is_protective: bool) -> None:
        self.status = status
        self.is_begun = True
        headers.append((b"x-request-id", self.request_id))
        headers.extend(self.told)
        if status == UNAVAILABLE:
            say_when(headers)
        protect(headers, is_secure=self.is_secure, is_protective=is_protective)
