from collections.abc import AsyncIterator

import pytest

from ai4v.kit.migration import upgrade
from tests.service.nmt.stage import Stage, make_settings, open_stage
from tests.support.postgres import database_url, postgres_server

__all__ = ["database_url", "postgres_server"]


@pytest.fixture
async def nmt_url(database_url: str) -> str:
    await upgrade(database_url, ("nmt",))
    return database_url


@pytest.fixture
async def stage(nmt_url: str) -> AsyncIterator[Stage]:
    async with open_stage(make_settings(nmt_url)) as opened:
        yield opened
