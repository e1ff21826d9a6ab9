"""Both adapters keep the port's promises at a provider on a real socket."""

import asyncio
import gzip
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from ai4v.adapters.openid.client import ProviderClient, open_http
from ai4v.adapters.openid.github import GitHubAddress, GitHubProvider
from ai4v.adapters.openid.provider import OpenIdProvider, Registration
from ai4v.kit.clock import SystemClock
from ai4v.ports.identityprovider import IdentityProvider, ProviderUnavailableError
from tests.conformance.identityprovider import (
    ATTEMPT,
    REDIRECT_URI,
    IdentityProviderConformance,
)
from tests.support.openid import CLIENT_ID, CLIENT_SECRET, OpenIdServer, Trick, served
from tests.support.tcp import tcp_server

pytestmark = pytest.mark.connected

_REGISTRATION = Registration(CLIENT_ID, CLIENT_SECRET, ("openid",))


class TestOpenIdProvider(IdentityProviderConformance):
    @pytest.fixture(params=["RS256", "ES256", "EdDSA", "Ed25519"])
    async def server(self, request: pytest.FixtureRequest) -> AsyncIterator[OpenIdServer]:
        server = OpenIdServer(REDIRECT_URI, SystemClock(), algorithm=request.param)
        async with served(server):
            yield server

    @asynccontextmanager
    async def open_provider(self, server: OpenIdServer) -> AsyncIterator[IdentityProvider]:
        async with open_http() as http:
            client = ProviderClient(http, allows_loopback=True)
            yield OpenIdProvider(server.issuer, _REGISTRATION, client, SystemClock())


class TestGitHubProvider(IdentityProviderConformance):
    @pytest.fixture
    async def server(self) -> AsyncIterator[OpenIdServer]:
        async with served(OpenIdServer(REDIRECT_URI, SystemClock())) as server:
            server.trick = Trick(response_issuer="")
            yield server

    @asynccontextmanager
    async def open_provider(self, server: OpenIdServer) -> AsyncIterator[IdentityProvider]:
        url = server.issuer
        address = GitHubAddress(url, f"{url}/authorize", f"{url}/token", url)
        async with open_http() as http:
            client = ProviderClient(http, allows_loopback=True)
            yield GitHubProvider(address, _REGISTRATION, client)


async def test_this_very_machine_is_no_provider_unless_a_setting_says_so() -> None:
    async with served(OpenIdServer(REDIRECT_URI, SystemClock())) as server, open_http() as http:
        provider = OpenIdProvider(server.issuer, _REGISTRATION, ProviderClient(http), SystemClock())
        with pytest.raises(ProviderUnavailableError, match="not https"):
            await provider.begin(ATTEMPT)
        assert server.asked == []


async def test_what_a_provider_packs_is_not_unpacked() -> None:
    heads: list[bytes] = []
    ended = asyncio.Event()
    bomb = gzip.compress(b" " * (64 << 20))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close\r\n")
        writer.write(b"content-length: %d\r\n\r\n" % len(bomb) + bomb)
        with suppress(ConnectionError):
            await writer.drain()
        writer.transport.abort()
        ended.set()

    async with tcp_server(answer) as port, open_http() as http:
        url = f"http://127.0.0.1:{port}"
        client = ProviderClient(http, allows_loopback=True)
        provider = OpenIdProvider(url, _REGISTRATION, client, SystemClock())
        tracemalloc.start()
        with pytest.raises(ProviderUnavailableError):
            await provider.begin(ATTEMPT)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        await asyncio.wait_for(ended.wait(), 5)
    assert peak < 8 << 20
    assert b"accept-encoding: identity" in heads[0].lower()


async def test_a_provider_that_never_ends_its_answer_is_not_waited_for() -> None:
    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
        try:
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.01)
        except ConnectionError:
            writer.transport.abort()
            ended.set()

    ended = asyncio.Event()
    async with tcp_server(drip) as port, open_http() as http:
        client = ProviderClient(http, allows_loopback=True, timeout_s=0.2)
        url = f"http://127.0.0.1:{port}"
        provider = OpenIdProvider(url, _REGISTRATION, client, SystemClock())
        with pytest.raises(ProviderUnavailableError, match="in time"):
            await asyncio.wait_for(provider.begin(ATTEMPT), 5)
        await asyncio.wait_for(ended.wait(), 5)
