"""Passes one request to one instance and the answer back, both streamed."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from ai4v.contracts.error import DeadlineExceededError, PlatformError
from ai4v.kit.balance import Balancer
from ai4v.kit.deadline import HEADER as DEADLINE_HEADER
from ai4v.kit.deadline import Deadline
from ai4v.kit.identity import TOKEN_HEADER, TokenSigner
from ai4v.kit.log import get_logger
from ai4v.kit.request import REQUEST_ID_HEADER
from ai4v.services.gateway.gate import Visitor
from ai4v.services.gateway.header import Header, keep_request_headers, keep_response_headers
from ai4v.services.gateway.path import spell_target
from ai4v.services.gateway.routing import Route
from ai4v.services.gateway.upstream import (
    UpstreamAnswer,
    UpstreamRefusedError,
    UpstreamRequest,
    UpstreamTransport,
)

_log: Final = get_logger(__name__)


class ClientGoneError(Exception):
    """The client closed its connection: nobody is left to answer."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A request that was let through, and what is known of it."""

    scope: Scope
    receive: Receive
    send: Send
    route: Route
    path: str
    visitor: Visitor

    @property
    def deadline(self) -> Deadline:
        """When the client stops waiting."""
        deadline: Deadline = self.scope["state"]["deadline"]
        return deadline


class Proxy:
    """Passes requests on.

    Args:
        balancer: chooses the instance.
        signer: mints the token that tells the service who is asking.
        transport: talks to the instance.
    """

    def __init__(
        self, balancer: Balancer, signer: TokenSigner, transport: UpstreamTransport
    ) -> None:
        self._balancer = balancer
        self._signer = signer
        self._transport = transport

    async def forward(self, passage: Passage) -> None:
        """Answer a request with what the service answers.

        An answer that has begun and cannot be finished is left unfinished: the server then cuts
        the connection, which is how a client can tell.

        Raises:
            PlatformError: nothing of an answer was sent yet.
        """
        body = _RequestBody(passage.scope, passage.receive)
        outlet = _Outlet(passage.send)
        try:
            async with (
                _while_wanted(body, passage.deadline),
                aclosing(await self._send(passage, body)) as answer,
            ):
                await outlet.relay(answer)
        except ClientGoneError:
            return
        except PlatformError as error:
            if not outlet.has_begun:
                raise
            _log.warning("answer broken off", code=error.code, upstream=passage.route.service)

    async def _send(self, passage: Passage, body: "_RequestBody") -> UpstreamAnswer:
        service = passage.route.service
        instance = self._balancer.pick(service)
        try:
            return await self._send_to(instance.base_url, passage, body)
        except UpstreamRefusedError:
            self._balancer.suspect(instance)
            other = self._balancer.pick(service)
            if other == instance:
                raise
        return await self._send_to(other.base_url, passage, body)

    async def _send_to(
        self, base_url: str, passage: Passage, body: "_RequestBody"
    ) -> UpstreamAnswer:
        scope = passage.scope
        request = UpstreamRequest(
            method=scope["method"],
            url=base_url + spell_target(passage.path, scope["query_string"]),
            headers=[*keep_request_headers(scope["headers"]), *self._own_headers(passage)],
            body=None if body.is_empty else body.chunks(),
        )
        return await self._transport.send(request, timeout_s=passage.deadline.remaining_s())

    def _own_headers(self, passage: Passage) -> list[Header]:
        scope = passage.scope
        headers = {
            REQUEST_ID_HEADER: scope["state"]["request_id"],
            DEADLINE_HEADER: passage.deadline.header_value(),
            TOKEN_HEADER: self._signer.sign(
                passage.visitor.principal, passage.route.service, calls=passage.route.calls
            ),
            "x-forwarded-for": passage.visitor.client,
            "x-forwarded-proto": scope["scheme"],
            "x-forwarded-host": Headers(scope=scope).get("host", ""),
        }
        return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]


class _RequestBody:
    """The request's body as it comes, and word of the client's leaving."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        self._is_read = asyncio.Event()
        headers = Headers(scope=scope)
        self.is_empty = (
            headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
        )
        if self.is_empty:
            self._is_read.set()

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield the body.

        Raises:
            ClientGoneError: the client left before its end.
        """
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            if chunk := message.get("body", b""):
                yield chunk
            if not message.get("more_body", False):
                self._is_read.set()
                return

    async def await_departure(self) -> None:
        """Return once the client has left, which only shows when its body was read."""
        await self._is_read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass


class _Outlet:
    """Where the answer goes."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False

    async def relay(self, answer: UpstreamAnswer) -> None:
        """Send the answer as it comes."""
        self.has_begun = True
        headers = keep_response_headers(answer.headers)
        await self._send(
            {"type": "http.response.start", "status": answer.status, "headers": headers}
        )
        async with aclosing(answer.chunks()) as chunks:
            async for chunk in chunks:
                await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})


@asynccontextmanager
async def _while_wanted(body: _RequestBody, deadline: Deadline) -> AsyncIterator[None]:
    """Cancel the block when the deadline passes or the client leaves."""
    has_left = False

    async def watch(scope: asyncio.Timeout) -> None:
        nonlocal has_left
        await body.await_departure()
        has_left = True
        scope.reschedule(asyncio.get_running_loop().time())

    scope = asyncio.timeout(deadline.remaining_s())
    try:
        async with scope:
            watcher = asyncio.create_task(watch(scope), name="departure of the client")
            try:
                yield
            finally:
                watcher.cancel()
    except TimeoutError:
        if has_left:
            raise ClientGoneError from None
        raise DeadlineExceededError("the service did not answer in time") from None
