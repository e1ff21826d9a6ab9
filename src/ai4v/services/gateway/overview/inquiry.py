"""The gateway's own questions to services, on nobody's behalf."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from pydantic import BaseModel

from ai4v.contracts.error import DeadlineExceededError, UpstreamError
from ai4v.kit.deadline import HEADER as DEADLINE_HEADER
from ai4v.kit.deadline import Deadline
from ai4v.kit.identity import TOKEN_HEADER, TokenSigner
from ai4v.ports.registry import Instance
from ai4v.ports.upstream import Header, Upstream, UpstreamAnswer, UpstreamRequest
from ai4v.services.gateway.attempt.attempt import Attempts, Call

_MOST_BYTES: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class Reply:
    """What an instance answered."""

    status: int
    content: bytes


class Inquirer(Protocol):
    """Asks one instance."""

    async def ask(self, instance: Instance, path: str, *, timeout_s: float) -> Reply:
        """Return what GET `path` answers.

        Raises:
            PlatformError: nothing that can be used within `timeout_s`.
        """
        ...


class SignedInquirer:
    """Asks with the gateway's own internal token."""

    def __init__(self, signer: TokenSigner, upstream: Upstream) -> None:
        self._signer = signer
        self._upstream = upstream

    async def ask(self, instance: Instance, path: str, *, timeout_s: float) -> Reply:
        """Ask over the upstream port."""
        token = self._signer.sign(None, instance.service)
        request = _make("GET", path, b"", token, Deadline(timeout_s), instance)
        return await _within(timeout_s, self._ask(request))

    async def _ask(self, request: UpstreamRequest) -> Reply:
        return await _read(await self._upstream.send(request))


class SignedClient:
    """Asks any instance of one service.

    Args:
        service: its name.
        attempts: reach an instance.
        signer: has the gateway's own token.
    """

    def __init__(self, service: str, attempts: Attempts, signer: TokenSigner) -> None:
        self._service = service
        self._attempts = attempts
        self._signer = signer

    async def get(self, path: str, *, timeout_s: float) -> Reply:
        """Fetch `path`; raises as `Inquirer.ask` does."""
        return await self._ask("GET", path, b"", timeout_s)

    async def post(self, path: str, body: BaseModel, *, timeout_s: float) -> Reply:
        """Send `body` as JSON; it may be sent twice. Raises as `Inquirer.ask` does."""
        return await self._ask("POST", path, body.model_dump_json().encode(), timeout_s)

    async def _ask(self, method: str, path: str, content: bytes, timeout_s: float) -> Reply:
        deadline = Deadline(timeout_s)
        token = self._signer.sign(None, self._service)
        build = partial(_make, method, path, content, token, deadline)
        call = Call(self._service, build, is_repeatable=True, deadline=deadline)
        return await _within(timeout_s, self._send(call))

    async def _send(self, call: Call) -> Reply:
        return await _read(await self._attempts.send(call))


async def _within(timeout_s: float, work: Awaitable[Reply]) -> Reply:
    try:
        async with asyncio.timeout(timeout_s):
            return await work
    except TimeoutError:
        raise DeadlineExceededError("the service did not answer in time") from None


async def _read(answer: UpstreamAnswer) -> Reply:
    try:
        content = bytearray()
        while piece := await answer.read():
            content += piece
            if len(content) > _MOST_BYTES:
                raise UpstreamError("the service answers too much")
        return Reply(answer.status, bytes(content))
    finally:
        answer.close()


def _make(
    method: str, path: str, content: bytes, token: str, deadline: Deadline, instance: Instance
) -> UpstreamRequest:
    headers: list[Header] = [
        (TOKEN_HEADER.encode(), token.encode()),
        (DEADLINE_HEADER.encode(), deadline.header_value().encode()),
    ]
    if content:
        headers.append((b"content-type", b"application/json"))
    return UpstreamRequest(method, instance.base_url, path.encode(), headers, content)
