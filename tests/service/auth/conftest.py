"""The auth service over ASGI, on a real PostgreSQL and memory adapters."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from ai4v.kit.migration import upgrade
from tests.service.auth.house import House, Keys, open_house
from tests.support.clock import ManualClock
from tests.support.postgres import database_url, postgres_server

__all__ = ["database_url", "postgres_server"]


@pytest.fixture(scope="module")
def auth_database_url(database_url: str) -> str:
    """A database with the schema of the service."""
    asyncio.run(upgrade(database_url, ("auth",)))
    return database_url


@pytest.fixture(scope="session")
def keys() -> Keys:
    """Key pairs for the tests."""
    return Keys()


@pytest.fixture
async def database(auth_database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the emptied database."""
    connection = await asyncpg.connect(auth_database_url.replace("+asyncpg", ""))
    await connection.execute("TRUNCATE auth.users CASCADE")
    yield connection
    await connection.close()


@pytest.fixture
async def house(
    auth_database_url: str, database: asyncpg.Connection, keys: Keys
) -> AsyncIterator[House]:
    """A running service without users, at a clock that stands still."""
    async with open_house(auth_database_url, keys, ManualClock()) as house:
        yield house
