"""The gateway itself with a certificate, and without."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from ai4v.adapters.http1.upstream import Http1Upstream
from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.cli.command.certificate import make_certificate
from ai4v.kit.clock import SystemClock
from ai4v.kit.serve import make_server
from ai4v.ports.registry import Instance
from ai4v.services.gateway.app import Adapters, create_app
from tests.connected.services.gateway.test_server import serve
from tests.service.gateway.house import ADMIN_KEY, Authority, make_service, make_settings
from tests.support.poll import until
from tests.support.seal import seal_registry

pytestmark = pytest.mark.connected

PATHS = ("/docs", "/api/v1/status", "/api/v1/auth/me", "/nothing")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    found = (tmp_path / "certificate.pem", tmp_path / "key.pem")
    for file, text in zip(found, make_certificate(("127.0.0.1",)), strict=True):
        file.write_text(text)
    return found


@asynccontextmanager
async def open_gateway(values: Mapping[str, object]) -> AsyncIterator[int]:
    """Run a gateway on a free port, as its process does; yield the port."""
    registry = MemoryRegistry()
    auth = make_service("auth", Authority().router())
    async with Http1Upstream() as upstream, serve(auth) as auth_url:
        await seal_registry(registry).register(Instance("auth", "auth", auth_url), lease_s=60)
        limiter = MemoryRateLimiter()
        cache = MemoryCache()
        adapters = Adapters(cache, limiter, registry, upstream, SystemClock(), ledger=cache)
        settings = make_settings({"port": 0, "advertised_url": "", **values})
        server = make_server(create_app(settings, adapters=adapters), settings)
        serving = asyncio.create_task(server._serve())

        async def is_up() -> bool:
            return server.started or serving.done()

        await until(is_up)
        try:
            yield server.servers[0].sockets[0].getsockname()[1]
        finally:
            server.should_exit = True
            await serving


async def test_tls_is_asked_for_again_by_those_who_came_by_it(files: tuple[Path, Path]) -> None:
    trust = ssl.create_default_context(cafile=str(files[0]))
    values = {"tls_certificate": files[0], "tls_private_key": files[1]}
    headers = {"authorization": ADMIN_KEY}
    async with open_gateway(values) as port:
        base_url = f"https://127.0.0.1:{port}"
        async with httpx2.AsyncClient(base_url=base_url, verify=trust, headers=headers) as client:
            for path in PATHS:
                answer = await client.get(path)
                assert answer.headers["strict-transport-security"] == "max-age=31536000"
            status = (await client.get("/api/v1/status")).json()
    (gateway,) = (item for item in status["services"] if item["name"] == "gateway")
    assert gateway["status"] == "healthy"
    assert gateway["instances"][0]["address"].startswith("https://")


async def test_nothing_of_it_is_said_without() -> None:
    async with (
        open_gateway({}) as port,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        for path in PATHS:
            assert "strict-transport-security" not in (await client.get(path)).headers
