"""How one service calls another: found by name, signed, pooled, within the caller's deadline."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx2
import structlog
from pydantic import BaseModel

from ai4v.contracts.error import DeadlineExceededError, ServiceUnavailableError, UpstreamError
from ai4v.contracts.identity import Principal
from ai4v.kit.deadline import HEADER as DEADLINE_HEADER
from ai4v.kit.deadline import Deadline
from ai4v.kit.identity import TOKEN_HEADER, TokenSource
from ai4v.kit.request import REQUEST_ID_HEADER
from ai4v.ports.registry import Instance


def _ignore(_instance: Instance, /) -> None:
    """Tell nobody."""


class ServiceClient:
    """Calls one service of the platform.

    Args:
        service: its name in services.toml.
        locate: gives a live instance, or raises `ServiceUnavailableError`.
        signer: has the internal token.
        http: the shared pool; its owner closes it.
        suspect: told of an instance that could not be connected to; then another is tried once.
    """

    def __init__(
        self,
        service: str,
        *,
        locate: Callable[[str], Instance],
        signer: TokenSource,
        http: httpx2.AsyncClient,
        suspect: Callable[[Instance], None] = _ignore,
    ) -> None:
        self._service = service
        self._locate = locate
        self._signer = signer
        self._http = http
        self._suspect = suspect

    async def post(
        self, path: str, body: BaseModel, *, deadline: Deadline, principal: Principal | None = None
    ) -> httpx2.Response:
        """Send `body` as JSON and return whatever the service answers.

        Raises:
            ServiceUnavailableError: no instance, or it cannot be connected to.
            DeadlineExceededError: no answer in time.
            UpstreamError: the connection broke off.
        """
        return await self._send(
            "POST",
            path,
            body.model_dump_json(by_alias=True, exclude_none=True),
            deadline,
            principal,
        )

    async def get(
        self, path: str, *, deadline: Deadline, principal: Principal | None = None
    ) -> httpx2.Response:
        """Fetch `path`; raises as `post` does."""
        return await self._send("GET", path, None, deadline, principal)

    async def _send(
        self,
        method: str,
        path: str,
        body: str | None,
        deadline: Deadline,
        principal: Principal | None,
    ) -> httpx2.Response:
        instance = self._locate(self._service)
        headers = {
            TOKEN_HEADER: self._signer.sign(principal, self._service),
            DEADLINE_HEADER: deadline.header_value(),
        }
        if request_id := structlog.contextvars.get_contextvars().get("request_id"):
            headers[REQUEST_ID_HEADER] = request_id
        if body is not None:
            headers["content-type"] = "application/json"
        request = _Request(method, path, body, headers)
        try:
            return await self._send_to(instance, request, deadline)
        except ServiceUnavailableError:
            self._suspect(instance)
            other = self._locate(self._service)
            if other == instance:
                raise
        return await self._send_to(other, request, deadline)

    async def _send_to(
        self, instance: Instance, request: "_Request", deadline: Deadline
    ) -> httpx2.Response:
        try:
            return await self._http.request(
                request.method,
                instance.base_url + request.path,
                content=request.body,
                headers=request.headers,
                timeout=deadline.remaining_s(),
            )
        except httpx2.ConnectError as error:
            raise ServiceUnavailableError(f"{self._service} cannot be reached") from error
        except httpx2.TimeoutException as error:
            raise DeadlineExceededError(f"{self._service} did not answer in time") from error
        except httpx2.HTTPError as error:
            raise UpstreamError(f"{self._service} broke off its answer") from error


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    body: str | None
    headers: dict[str, str]
