"""The upstream on real sockets, before a real server."""

from collections.abc import AsyncIterator

import pytest

from ai4v.adapters.http1.upstream import Http1Upstream
from tests.conformance.upstream import UpstreamConformance
from tests.support.echo import EchoApp
from tests.support.server import serve_app

pytestmark = pytest.mark.connected


class TestHttp1Upstream(UpstreamConformance):
    @pytest.fixture
    def echo(self) -> EchoApp:
        return EchoApp()

    @pytest.fixture
    async def base_url(self, echo: EchoApp) -> AsyncIterator[str]:
        async with serve_app(echo) as url:
            yield url

    @pytest.fixture
    async def upstream(self) -> AsyncIterator[Http1Upstream]:
        async with Http1Upstream() as opened:
            yield opened
