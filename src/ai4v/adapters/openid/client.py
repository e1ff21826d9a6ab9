"""HTTP to a provider: https, no redirect, a deadline, a size, and a schema for what comes back.

A provider is somebody else's server (OWASP API10): an answer that is late, long or strange is the
provider's failure, told as such, and never quoted: it may hold a token.
"""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Final, TypeVar
from urllib.parse import urlsplit

import httpx2
from pydantic import TypeAdapter, ValidationError

from ai4v.ports.identityprovider import ProviderRefusedError, ProviderUnavailableError

TIMEOUT_S: Final = 8.0
MAX_BYTES: Final = 256 * 1024
_T = TypeVar("_T")


class ProviderClient:
    """Asks one provider.

    Args:
        http: the shared pool; it follows no redirect; its owner closes it.
        allows_loopback: whether `http://` to this very machine is taken: for tests.
        timeout_s: for one question, all of its answer included.
    """

    def __init__(
        self,
        http: httpx2.AsyncClient,
        *,
        allows_loopback: bool = False,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._http = http
        self._timeout_s = timeout_s
        self._allows_loopback = allows_loopback

    def require_secure(self, url: str) -> str:
        """Return `url` when a secret may be sent there.

        Raises:
            ProviderUnavailableError: it is not https, or not an address at all.
        """
        try:
            parts = urlsplit(url)
            is_secure = parts.scheme == "https" and bool(parts.hostname)
            is_here = parts.scheme == "http" and _is_loopback(parts.hostname or "")
        except ValueError:
            is_secure = is_here = False
        if not (is_secure or (is_here and self._allows_loopback)):
            raise ProviderUnavailableError("the provider names an address that is not https")
        return url

    async def get(self, url: str, answer: TypeAdapter[_T], headers: Mapping[str, str]) -> _T:
        """Fetch JSON.

        Raises:
            ProviderUnavailableError: no such answer in time.
        """
        request = self._http.build_request("GET", self.require_secure(url), headers=dict(headers))
        status, content = await self._send(request)
        if status != 200:
            raise ProviderUnavailableError(f"the provider answers {status}")
        return _parse(answer, content)

    async def post(self, url: str, form: Mapping[str, str], answer: TypeAdapter[_T]) -> _T:
        """Send a form and read JSON.

        Raises:
            ProviderRefusedError: the provider refuses (400, 401 or 403).
            ProviderUnavailableError: no such answer in time.
        """
        request = self._http.build_request(
            "POST",
            self.require_secure(url),
            data=dict(form),
            headers={"accept": "application/json"},
        )
        status, content = await self._send(request)
        if status in (400, 401, 403):
            raise ProviderRefusedError("the provider does not take the code; sign in again")
        if status != 200:
            raise ProviderUnavailableError(f"the provider answers {status}")
        return _parse(answer, content)

    async def _send(self, request: httpx2.Request) -> tuple[int, bytes]:
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._http.send(request, stream=True)
                try:
                    return response.status_code, await _read(response)
                finally:
                    await response.aclose()
        except TimeoutError:
            raise ProviderUnavailableError("the provider did not answer in time") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError):
            raise ProviderUnavailableError("the provider cannot be reached") from None


@asynccontextmanager
async def open_http() -> AsyncIterator[httpx2.AsyncClient]:
    """Open a pool for `ProviderClient`s: it heeds no proxy of the environment and keeps nothing."""
    timeout = httpx2.Timeout(TIMEOUT_S)
    limits = httpx2.Limits(max_connections=32, max_keepalive_connections=8)
    async with httpx2.AsyncClient(
        verify=_read_trusted(),
        headers={"accept-encoding": "identity"},
        timeout=timeout,
        limits=limits,
        follow_redirects=False,
        trust_env=False,
    ) as http:
        yield http


@cache
def _read_trusted() -> ssl.SSLContext:
    """Return whose certificates are taken: the public authorities', read once in a process."""
    return httpx2.create_ssl_context(trust_env=False)


async def _read(response: httpx2.Response) -> bytes:
    """Read no more than may be kept; nothing is unpacked, for a small piece can become many."""
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > MAX_BYTES:
            raise ProviderUnavailableError("the provider answers too much")
    return bytes(body)


def _parse(answer: TypeAdapter[_T], content: bytes) -> _T:
    try:
        return answer.validate_json(content)
    except ValidationError:
        raise ProviderUnavailableError("the provider answers something else") from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
