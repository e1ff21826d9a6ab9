"""Passes one request to a service and the answer back, both streamed."""

import asyncio
from collections.abc import AsyncGenerator
from functools import partial
from typing import Final

from ai4v.contracts.error import DeadlineExceededError
from ai4v.kit.cost import parse_cost
from ai4v.kit.deadline import HEADER as DEADLINE_HEADER
from ai4v.kit.identity import TOKEN_HEADER, TokenSigner
from ai4v.kit.log import get_logger
from ai4v.kit.trace import TRACE_HEADER
from ai4v.ports.cache import CacheUnavailableError
from ai4v.ports.registry import Instance
from ai4v.ports.upstream import Body, UpstreamAnswer, UpstreamRequest
from ai4v.services.gateway.attempt.attempt import Attempts, Call
from ai4v.services.gateway.attempt.shedding import Shedder
from ai4v.services.gateway.door.gate import Gate
from ai4v.services.gateway.passage.body import RequestBody
from ai4v.services.gateway.passage.header import AnswerHead, Header
from ai4v.services.gateway.passage.idempotency import (
    MAX_KEPT_BYTES,
    Entry,
    Fingerprint,
    KeptAnswer,
    Ledger,
    check_same,
    is_final,
    read_key,
)
from ai4v.services.gateway.passage.path import spell_target
from ai4v.services.gateway.passage.visit import Visit
from ai4v.services.gateway.record.errand import Errands
from ai4v.services.gateway.routing import Route

_TOKEN: Final = TOKEN_HEADER.encode()
_TRACE: Final = TRACE_HEADER.encode()
_DEADLINE: Final = DEADLINE_HEADER.encode()
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_REPLAYED: Final = (b"idempotency-replayed", b"true")
_SECRETIVE: Final = "auth"
"""Its answers hold keys and tokens, of which nothing is kept: the header is only passed on."""
_OVERLOADED: Final = 503
_UPGRADE_REQUIRED: Final = 426
_UPGRADE: Final = ((b"connection", b"upgrade"), (b"upgrade", b"websocket"))
"""Such headers are not passed on, as they are of one connection; that answer must have them."""
_NO_HOST: Final = [b""]
_log: Final = get_logger(__name__)


class Proxy:
    """Passes requests on.

    Args:
        attempts: reach an instance.
        shedder: says when a service has enough to do.
        signer: mints the token that tells the service who is asking.
        ledger: knows what was answered before.
        gate: charges what an answer says that it cost.
        errands: what need not be waited for.
    """

    def __init__(
        self,
        attempts: Attempts,
        shedder: Shedder,
        signer: TokenSigner,
        ledger: Ledger,
        gate: Gate,
        errands: Errands,
    ) -> None:
        self._attempts = attempts
        self._shedder = shedder
        self._signer = signer
        self._ledger = ledger
        self._gate = gate
        self._errands = errands

    async def forward(self, visit: Visit, route: Route, body: RequestBody) -> None:
        """Answer a request with what the service answers.

        Raises:
            PlatformError: nothing of an answer was sent yet, or (`visit.is_begun`) it cannot be
                finished; the server then cuts the connection, which is how a client can tell.
        """
        key = None
        if visit.scope["method"] == "POST":
            key = read_key(visit.head.noted.get(b"idempotency-key", []))
        content: Body = await body.read() if body.is_small else body.pieces()
        if key is None or route.service == _SECRETIVE:
            await self._pass(visit, self._make_call(visit, route, body, content), None)
            return
        await self._pass_once(visit, route, body, content, key)

    async def _pass_once(
        self, visit: Visit, route: Route, body: RequestBody, content: Body, key: str
    ) -> None:
        entry = self._ledger.open(_name(visit), key)
        answer = await entry.take()
        target = b"%s?%s" % (visit.path.encode(), visit.scope["query_string"])
        fingerprint = Fingerprint(target)
        if isinstance(content, bytes):
            fingerprint.add(content)
        else:
            content = _count(content, fingerprint)
        if answer is not None:
            await _replay(visit, answer, content, fingerprint)
            return
        copy = _Copy(entry, fingerprint, body)
        try:
            await self._pass(visit, self._make_call(visit, route, body, content), copy)
        finally:
            if not copy.is_kept:
                self._errands.start(entry.release())

    async def _pass(self, visit: Visit, call: Call, copy: "_Copy | None") -> None:
        subject = _name(visit)
        permit = self._shedder.pass_through(call.service, subject)
        if permit is None:
            permit = await self._shedder.enter(call.service, subject, call.deadline)
        try:
            answer = await self._attempts.send(call)
            try:
                await self._relay(visit, answer, copy)
            finally:
                answer.close()
            permit.release(is_success=answer.status != _OVERLOADED)
        except DeadlineExceededError:
            permit.release(is_success=False)
            raise
        except asyncio.CancelledError:
            if visit.is_late:
                permit.release(is_success=False)
            raise
        finally:
            permit.forget()  # a client that left, a crash: they say nothing of how much is too much

    async def _relay(self, visit: Visit, answer: UpstreamAnswer, copy: "_Copy | None") -> None:
        route = visit.route
        head = AnswerHead(answer.headers, with_cookies=route is not None and route.with_cookies)
        if head.cost is not None:
            self._charge(visit, head.cost)
        if answer.status == _UPGRADE_REQUIRED:
            head.kept.extend(_UPGRADE)
        if copy is not None and is_final(answer.status):
            await copy.relay(visit, answer, head)
            return
        if head.length is None:
            await visit.begin(answer.status, head.kept, is_protective=head.is_protective)
            await _relay_rest(visit, answer)
            return
        piece = await answer.read()
        if not piece or len(piece) == int(head.length):
            await visit.answer(answer.status, head.kept, piece, is_protective=head.is_protective)
            return
        await visit.begin(answer.status, head.kept, is_protective=head.is_protective)
        await visit.pass_on(piece)
        await _relay_rest(visit, answer)

    def _charge(self, visit: Visit, cost: bytes) -> None:
        if visit.guest is None:
            return
        charges = visit.guest.list_debits(parse_cost(cost.decode("latin-1")))
        if charges:
            self._errands.start(self._gate.debit(charges))

    def _make_call(self, visit: Visit, route: Route, body: RequestBody, content: Body) -> Call:
        method = visit.scope["method"]
        headers = [*visit.head.kept, *make_own_headers(visit, route, self._signer)]
        if not isinstance(content, bytes):
            headers += body.frame()
        is_kept = route.service != _SECRETIVE and b"idempotency-key" in visit.head.noted
        is_safe = method in _SAFE or (method == "POST" and is_kept)
        return Call(
            route.service,
            partial(_build, visit, headers, content),
            is_repeatable=is_safe and isinstance(content, bytes),
            deadline=visit.deadline,
            may_hedge=route.may_hedge,
        )


def make_own_headers(visit: Visit, route: Route, signer: TokenSigner) -> tuple[Header, ...]:
    """Return what the service is told of a request by the gateway alone."""
    if visit.guest is None:
        token = signer.sign(None, route.service, calls=route.calls).encode()
    else:
        token = visit.guest.show_to(route, signer)
    return (
        (b"x-request-id", visit.request_id),
        (_TRACE, b"" if visit.trace is None else visit.trace.context.header.encode()),
        (_TOKEN, token),
        (b"x-forwarded-for", visit.client.encode()),
        (b"x-forwarded-proto", b"https" if visit.is_secure else b"http"),
        (b"x-forwarded-host", visit.head.noted.get(b"host", _NO_HOST)[0]),
    )


class _Copy:
    """Keeps a copy of an answer on its way to the client."""

    def __init__(self, entry: Entry, fingerprint: Fingerprint, body: RequestBody) -> None:
        self._entry = entry
        self._fingerprint = fingerprint
        self._body = body
        self.is_kept = False

    async def relay(self, visit: Visit, answer: UpstreamAnswer, head: AnswerHead) -> None:
        """Have the answer kept before the client gets to see the end of it."""
        pieces: list[bytes] = []
        size = 0
        while size <= MAX_KEPT_BYTES and (piece := await answer.read()):
            pieces.append(piece)
            size += len(piece)
        is_whole = size <= MAX_KEPT_BYTES
        if self._body.is_read:
            whole = b"".join(pieces) if is_whole else None
            own = KeptAnswer(self._fingerprint.show(), answer.status, tuple(head.kept), whole)
            kept = await self._keep(own)
            if kept is not own:
                await _show(visit, kept, self._fingerprint)
                return
        await visit.begin(answer.status, head.kept, is_protective=head.is_protective)
        for piece in pieces:
            await visit.pass_on(piece)
        await (visit.end() if is_whole else _relay_rest(visit, answer))

    async def _keep(self, own: KeptAnswer) -> KeptAnswer:
        try:
            kept = await self._entry.keep(own)
        except CacheUnavailableError:
            _log.warning("an answer could not be kept for its idempotency key")
            kept = own
        self.is_kept = True
        return kept


async def _replay(
    visit: Visit, answer: KeptAnswer, content: Body, fingerprint: Fingerprint
) -> None:
    if not isinstance(content, bytes):
        async for _ in content:
            pass
    await _show(visit, answer, fingerprint)


async def _show(visit: Visit, answer: KeptAnswer, fingerprint: Fingerprint) -> None:
    body = check_same(answer, fingerprint.show())
    await visit.begin(answer.status, [*answer.headers, _REPLAYED], is_protective=True)
    await visit.end(body)


async def _relay_rest(visit: Visit, answer: UpstreamAnswer) -> None:
    while piece := await answer.read():
        await visit.pass_on(piece)
    await visit.end()


async def _count(content: Body, fingerprint: Fingerprint) -> AsyncGenerator[bytes, None]:
    if not isinstance(content, bytes):
        async for piece in content:
            yield fingerprint.add(piece)


def _build(
    visit: Visit, headers: list[Header], content: Body, instance: Instance
) -> UpstreamRequest:
    scope = visit.scope
    return UpstreamRequest(
        scope["method"],
        instance.base_url,
        spell_target(visit.path, scope["query_string"], scope.get("raw_path") or b""),
        [*headers, (_DEADLINE, visit.deadline.header_value().encode())],
        content,
    )


def _name(visit: Visit) -> str:
    return f"address:{visit.client}" if visit.guest is None else visit.guest.subject
