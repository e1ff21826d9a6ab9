"""The fetcher that services use: a strict URL, one look-up, a pinned connection, one request.

httpx2's transport is used bare: the client around it would follow redirects, keep cookies, heed
the environment's proxies and unpack bodies. The URL it is given holds the checked address, so it
has no name to look up; the name goes into the `Host` header and the TLS handshake.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

import httpx2

from ai4v.adapters.web.address import is_public
from ai4v.adapters.web.location import Location, bracketed, read_location
from ai4v.ports.fetcher import (
    FetcherBusyError,
    FetchFailedError,
    FetchRefusedError,
    FetchTooLargeError,
)

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host name and port to IP addresses, best first; OSError when there are none."""
OpenTransport = Callable[[ssl.SSLContext], httpx2.AsyncBaseTransport]

_TAKEN: Final = "files are fetched over https, on port 443, from public addresses"
_MAX_ADDRESSES: Final = 4
_CONNECT_S: Final = 5.0
"""For one address, so that a dead one leaves time for the next."""
_LEAST_PIECE: Final = 256
"""Bytes in a piece on average; parsing smaller ones costs more than the file is worth."""
_FREE_PIECES: Final = 1_000


@dataclass(frozen=True, slots=True)
class WebOptions:
    """How much is fetched at once."""

    parallel: int = 8
    queue_limit: int = 32
    """Fetches that may wait beyond those."""


def _open_transport(context: ssl.SSLContext) -> httpx2.AsyncBaseTransport:
    return httpx2.AsyncHTTPTransport(verify=context, trust_env=False)


class WebFetcher:
    """A `Fetcher` that goes out to the internet.

    Args:
        allowed_origins: `scheme://host:port`, each allowed whatever its scheme, port and address.
        options: how much at once.
        context: whom to trust in TLS; None: the usual authorities.
        resolve: looks a name up; None: the system's way, in threads of our own.
        open_transport: makes what carries one request.

    Raises:
        ValueError: an origin that is none.
    """

    def __init__(
        self,
        *,
        allowed_origins: Sequence[str] = (),
        options: WebOptions | None = None,
        context: ssl.SSLContext | None = None,
        resolve: Resolver | None = None,
        open_transport: OpenTransport = _open_transport,
    ) -> None:
        self._allowed = frozenset(_read_origin(origin) for origin in allowed_origins)
        self._options = options or WebOptions()
        self._context = context or httpx2.create_ssl_context()
        self._threads = ThreadPoolExecutor(self._options.parallel, "fetch-look-up")
        self._resolve = resolve or self._look_up
        self._open_transport = open_transport
        self._turns = asyncio.Semaphore(self._options.parallel)
        self._pending = 0

    async def fetch(self, url: str, *, max_bytes: int, timeout_s: float) -> bytes:
        """Fetch; as the port says."""
        location = self._admit(url)
        if self._pending >= self._options.parallel + self._options.queue_limit:
            raise FetcherBusyError("too many files are being fetched")
        self._pending += 1
        try:
            async with asyncio.timeout(timeout_s), self._turns:
                addresses = await self._find(location)
                return await self._get(location, addresses, max_bytes)
        except TimeoutError:
            message = f"the address did not deliver the file within {timeout_s:g} s"
            raise FetchFailedError(message) from None
        finally:
            self._pending -= 1

    async def close(self) -> None:
        """Let go of the look-up threads; one that still waits for an answer ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _admit(self, url: str) -> Location:
        location = read_location(url)
        if location.origin not in self._allowed and (
            (location.scheme, location.port) != ("https", 443)
            or (location.is_address and not is_public(location.host))
        ):
            raise FetchRefusedError(_TAKEN)
        return location

    async def _find(self, location: Location) -> Sequence[str]:
        """Look the host up, this once, and return its addresses when all may be gone to."""
        if location.is_address:
            return (location.host,)
        try:
            addresses = await self._resolve(location.host, location.port)
        except OSError:
            addresses = ()
        if not addresses:
            raise FetchFailedError("the host cannot be found")
        if location.origin not in self._allowed and not all(map(is_public, addresses)):
            raise FetchRefusedError(_TAKEN)
        return addresses[:_MAX_ADDRESSES]

    async def _look_up(self, host: str, port: int) -> Sequence[str]:
        find = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        rows = await asyncio.get_running_loop().run_in_executor(self._threads, find)
        return [str(row[4][0]) for row in rows]

    async def _get(self, location: Location, addresses: Sequence[str], max_bytes: int) -> bytes:
        """Ask one address after the other until one can be connected to."""
        for address in addresses:
            try:
                async with self._open_transport(self._context) as transport:
                    response = await transport.handle_async_request(_request(location, address))
                    try:
                        return await _read(response, max_bytes)
                    finally:
                        await response.aclose()
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
            except (httpx2.HTTPError, OSError) as error:
                raise FetchFailedError("the address broke off its answer") from error
        raise FetchFailedError(
            "the address cannot be connected to, or its certificate is not valid for it"
        )


def _read_origin(origin: str) -> str:
    try:
        location = read_location(origin)
    except FetchRefusedError as error:
        raise ValueError(f"not an origin: {origin}: {error.message}") from None
    if origin not in (location.origin, f"{location.scheme}://{location.authority}"):
        raise ValueError(f"not an origin: {origin}: it has the form scheme://host:port")
    return location.origin


def _request(location: Location, address: str) -> httpx2.Request:
    return httpx2.Request(
        "GET",
        f"{location.scheme}://{bracketed(address)}:{location.port}/",
        headers={
            "Host": location.authority,
            "User-Agent": "ai4v",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "close",
        },
        extensions={
            "target": location.target.encode(),
            "sni_hostname": location.host,
            "timeout": {"connect": _CONNECT_S},
        },
    )


async def _read(response: httpx2.Response, max_bytes: int) -> bytes:
    """Read a body that may lie about its length, or come byte by byte."""
    _check(response, max_bytes)
    body, pieces = bytearray(), 0
    async for piece in response.aiter_raw():
        body += piece
        pieces += 1
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
        if pieces > _FREE_PIECES + len(body) // _LEAST_PIECE:
            raise FetchFailedError("the address sends the file in pieces that are too small")
        # Pieces that arrived together are parsed without a pause, which others must not feel.
        await asyncio.sleep(0)
    return bytes(body)


def _check(response: httpx2.Response, max_bytes: int) -> None:
    if 300 <= response.status_code < 400:
        raise FetchRefusedError("the address redirects; give the one that it leads to")
    if response.status_code != 200:
        raise FetchFailedError(f"the address answers {response.status_code}")
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise FetchRefusedError("the address sends the file compressed; it is taken as it is")
    length = response.headers.get("content-length", "")
    if length.isdigit() and int(length) > max_bytes:
        raise _too_large(max_bytes)


def _too_large(max_bytes: int) -> FetchTooLargeError:
    return FetchTooLargeError(f"the file is larger than {max_bytes} bytes")
