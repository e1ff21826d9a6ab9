"""How one service calls another: found by name, signed, pooled, within the caller's deadline."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx2
import structlog
from pydantic import BaseModel

from ai4v.contracts.error import DeadlineExceededError, ServiceUnavailableError, UpstreamError
from ai4v.contracts.identity import Principal
from ai4v.kit.balance import Failure, Turn, TurnSource
from ai4v.kit.balance.outcome import report_status
from ai4v.kit.caller import IDEMPOTENCY_HEADER
from ai4v.kit.deadline import HEADER as DEADLINE_HEADER
from ai4v.kit.deadline import Deadline
from ai4v.kit.identity import TOKEN_HEADER, TokenSource
from ai4v.kit.request import REQUEST_ID_HEADER
from ai4v.kit.trace import TRACE_HEADER, current_header

_MOST_BYTES: Final = 256 << 20
"""More than any honest answer has: speech of the longest texts, in base64."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a service answered."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_success(self) -> bool:
        """Whether it did what it was asked."""
        return self.status // 100 == 2


class ServiceClient:
    """Calls one service of the platform; another instance is tried when nothing could be sent.

    Args:
        service: its name in services.toml.
        balancer: gives turns, and learns how they went.
        signer: has the internal token.
        http: the shared pool; its owner closes it.
        most_bytes: an answer of more is broken off.
    """

    def __init__(
        self,
        service: str,
        *,
        balancer: TurnSource,
        signer: TokenSource,
        http: httpx2.AsyncClient,
        most_bytes: int = _MOST_BYTES,
    ) -> None:
        self._service = service
        self._balancer = balancer
        self._signer = signer
        self._http = http
        self._most_bytes = most_bytes

    async def post(
        self,
        path: str,
        body: BaseModel,
        *,
        deadline: Deadline,
        principal: Principal | None = None,
        idempotency_key: str | None = None,
    ) -> Reply:
        """Send `body` as JSON and return whatever the service answers.

        Raises:
            ServiceUnavailableError: no instance, or it cannot be connected to.
            DeadlineExceededError: no answer in time.
            UpstreamError: the connection broke off, or the answer is too much.
        """
        content = body.model_dump_json(by_alias=True, exclude_none=True)
        return await self._send(
            _Request("POST", path, content, idempotency_key), deadline, principal
        )

    async def get(
        self, path: str, *, deadline: Deadline, principal: Principal | None = None
    ) -> Reply:
        """Fetch `path`; raises as `post` does."""
        return await self._send(_Request("GET", path, None), deadline, principal)

    async def _send(
        self, request: "_Request", deadline: Deadline, principal: Principal | None
    ) -> Reply:
        headers = {
            TOKEN_HEADER: self._signer.sign(principal, self._service),
            "accept-encoding": "identity",
        }
        if request_id := structlog.contextvars.get_contextvars().get("request_id"):
            headers[REQUEST_ID_HEADER] = request_id
        if trace := current_header():
            headers[TRACE_HEADER] = trace
        if request.body is not None:
            headers["content-type"] = "application/json"
        if request.idempotency_key is not None:
            headers[IDEMPOTENCY_HEADER] = request.idempotency_key
        turn = self._balancer.take(self._service)
        try:
            return await self._send_to(turn, request, headers, deadline)
        except ServiceUnavailableError:
            tried = turn.instance.instance_id
            other = self._balancer.take(self._service, avoid=frozenset({tried}))
            if other.instance.instance_id == tried:
                other.abandon()
                raise
        return await self._send_to(other, request, headers, deadline)

    async def _send_to(
        self, turn: Turn, request: "_Request", headers: dict[str, str], deadline: Deadline
    ) -> Reply:
        try:
            async with asyncio.timeout(deadline.remaining_s()):
                reply = await self._exchange(turn.instance.base_url, request, headers, deadline)
        except httpx2.ConnectError as error:
            turn.fail(Failure.REFUSED)
            raise ServiceUnavailableError(f"{self._service} cannot be reached") from error
        except (httpx2.TimeoutException, TimeoutError) as error:
            turn.fail(Failure.TIMEOUT)
            raise DeadlineExceededError(f"{self._service} did not answer in time") from error
        except httpx2.HTTPError as error:
            turn.fail(Failure.BROKEN)
            raise UpstreamError(f"{self._service} broke off its answer") from error
        except UpstreamError:
            turn.fail(Failure.BROKEN)
            raise
        except BaseException:
            turn.abandon()
            raise
        report_status(turn, reply.status, has_retry_after="retry-after" in reply.headers)
        return reply

    async def _exchange(
        self, base_url: str, request: "_Request", headers: dict[str, str], deadline: Deadline
    ) -> Reply:
        """Ask; nothing of the answer is unpacked, and no more read than may be kept."""
        async with self._http.stream(
            request.method,
            base_url + request.path,
            content=request.body,
            headers={**headers, DEADLINE_HEADER: deadline.header_value()},
            timeout=deadline.remaining_s(),
        ) as answer:
            content = bytearray()
            async for piece in answer.aiter_raw():
                content += piece
                if len(content) > self._most_bytes:
                    raise UpstreamError(f"{self._service} answers too much")
            return Reply(answer.status_code, answer.headers, bytes(content))


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    body: str | None
    idempotency_key: str | None = None
