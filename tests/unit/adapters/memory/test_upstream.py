"""The upstream in memory."""

from collections.abc import AsyncIterator

import pytest

from ai4v.adapters.memory.upstream import MemoryUpstream
from tests.conformance.upstream import UpstreamConformance
from tests.support.echo import EchoApp

URL = "http://127.0.0.1:8087"


class TestMemoryUpstream(UpstreamConformance):
    @pytest.fixture
    def echo(self) -> EchoApp:
        return EchoApp()

    @pytest.fixture
    def base_url(self) -> str:
        return URL

    @pytest.fixture
    async def upstream(self, echo: EchoApp) -> AsyncIterator[MemoryUpstream]:
        async with MemoryUpstream({URL: echo}) as opened:
            yield opened
