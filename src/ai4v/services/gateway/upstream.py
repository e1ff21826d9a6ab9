"""The seam to the services: one exchange of HTTP, streamed both ways, by whatever client.

The client sits below httpx2's, on its transports: a proxy must not follow redirects, keep cookies
or decode bodies, and doing none of it is also what makes it quick.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

import httpx2

from ai4v.contracts.error import (
    DeadlineExceededError,
    ServiceUnavailableError,
    UpstreamError,
    ValidationError,
)
from ai4v.services.gateway.header import Header

_POOL_TIMEOUT_S: Final = 2.0
_KEEPALIVE_S: Final = 30.0


class UpstreamRefusedError(ServiceUnavailableError):
    """The instance could not be connected to; nothing was sent."""


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """What is sent to an instance."""

    method: str
    url: str
    headers: Sequence[Header]
    body: AsyncIterator[bytes] | None
    """None when there is no body."""


class UpstreamAnswer(Protocol):
    """An answer whose body is still to come; close it, read or not."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Sequence[Header]:
        """As they came."""
        ...

    def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield the body as it comes, its content encoding untouched.

        Raises:
            UpstreamError: the service broke off.
            DeadlineExceededError: it fell silent.
        """
        ...

    async def aclose(self) -> None:
        """Give the connection back, or close it when the body was not read to its end."""
        ...


class UpstreamTransport(Protocol):
    """Talks HTTP to instances."""

    async def send(self, request: UpstreamRequest, *, timeout_s: float) -> UpstreamAnswer:
        """Send `request` and return once the answer has begun.

        What the body's iterator raises is raised here as it is.

        Raises:
            UpstreamRefusedError: no connection; nothing was sent.
            ServiceUnavailableError: too many requests are under way.
            UpstreamError: the service broke off, or does not speak HTTP.
            DeadlineExceededError: no answer within `timeout_s`.
        """
        ...


class HttpxUpstream:
    """The seam on httpx2's transports."""

    def __init__(self, transport: httpx2.AsyncBaseTransport, *, connect_timeout_s: float) -> None:
        self._transport = transport
        self._connect_timeout_s = connect_timeout_s

    async def send(self, request: UpstreamRequest, *, timeout_s: float) -> UpstreamAnswer:
        """Send on a pooled connection."""
        timeout = httpx2.Timeout(
            timeout_s,
            connect=min(timeout_s, self._connect_timeout_s),
            pool=min(timeout_s, _POOL_TIMEOUT_S),
        )
        with _translated():
            response = await self._transport.handle_async_request(
                httpx2.Request(
                    request.method,
                    request.url,
                    headers=list(request.headers),
                    content=request.body,
                    extensions={"timeout": timeout.as_dict()},
                )
            )
        return _HttpxAnswer(response)


class _HttpxAnswer:
    def __init__(self, response: httpx2.Response) -> None:
        self._response = response

    @property
    def status(self) -> int:
        return self._response.status_code

    @property
    def headers(self) -> Sequence[Header]:
        return self._response.headers.raw

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        with _translated():
            async for chunk in self._response.aiter_raw():
                yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()


def open_transport(connections: int) -> httpx2.AsyncHTTPTransport:
    """Return a pool of at most `connections` connections that listens to no environment."""
    return httpx2.AsyncHTTPTransport(
        trust_env=False,
        limits=httpx2.Limits(
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=_KEEPALIVE_S,
        ),
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
        raise UpstreamRefusedError("the service cannot be reached; try again") from error
    except httpx2.PoolTimeout as error:
        raise ServiceUnavailableError("too many requests are under way; try again") from error
    except httpx2.TimeoutException as error:
        raise DeadlineExceededError("the service did not answer in time") from error
    except httpx2.InvalidURL as error:
        raise ValidationError("the query string cannot be read") from error
    except httpx2.HTTPError as error:
        raise UpstreamError("the service broke off its answer") from error
