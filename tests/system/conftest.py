import asyncio
from collections.abc import AsyncIterator

import pytest

from ai4v.contracts.identity import FirstRun
from ai4v.kit.migration import upgrade
from tests.support.postgres import database_url, postgres_server
from tests.support.system import Platform, open_platform

__all__ = ["database_url", "postgres_server"]


@pytest.fixture(scope="module")
def platform_database_url(database_url: str) -> str:
    """A database with the schemas of all services."""
    asyncio.run(upgrade(database_url, ("auth", "asr", "tts", "nmt")))
    return database_url


@pytest.fixture
async def platform(platform_database_url: str) -> AsyncIterator[Platform]:
    """The running platform, without users."""
    async with open_platform(platform_database_url) as opened:
        yield opened


@pytest.fixture
async def first_run(platform: Platform) -> FirstRun:
    """The administrator's first password and key."""
    return await platform.bootstrap()
