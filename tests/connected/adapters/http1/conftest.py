"""The client that the tests of this folder use."""

from collections.abc import AsyncIterator

import pytest

from ai4v.adapters.http1.pool import UpstreamLimits
from ai4v.adapters.http1.upstream import Http1Upstream


@pytest.fixture
async def upstream() -> AsyncIterator[Http1Upstream]:
    async with Http1Upstream(UpstreamLimits(connect_timeout_s=2)) as opened:
        yield opened
