"""Schema migrations: each service has a schema and a history of its own, applied once.

The files are `migrations/<service>/*.py`, Alembic revisions. Expand first, contract later: the
version before must go on working on the new schema.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from ai4v.kit.resource import find_resource

_LOCK: Final = 4_190_217_733  # any constant: the same in every version of the platform


class DatabaseUnreachableError(Exception):
    """There is no database at the address, or it lets us not in; the message tells no password."""


async def upgrade(url: str, services: tuple[str, ...], *, revision: str = "head") -> None:
    """Bring the schemas of `services` to `revision`.

    An advisory lock lets one process do it while others wait for it.

    Args:
        url: `postgresql+asyncpg://...`, a role that may create schemas.
        services: those with a folder in migrations/.
        revision: an Alembic revision; anything but head is for tests.

    Raises:
        DatabaseUnreachableError: nothing was begun.
    """
    async with _connect(url) as connection:
        await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        for service in services:
            await connection.run_sync(_migrate, service, revision)
            await connection.commit()
        await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
        await connection.commit()


@asynccontextmanager
async def _connect(url: str) -> AsyncIterator[AsyncConnection]:
    try:
        engine = create_async_engine(url)
    except (SQLAlchemyError, ImportError, ValueError):
        message = "is no address such as postgresql+asyncpg://user:password@host:5432/database"
        raise DatabaseUnreachableError(message) from None
    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        try:
            connection = await stack.enter_async_context(engine.connect())
        except (OSError, SQLAlchemyError, asyncpg.PostgresError) as error:
            message = f"names a database that cannot be reached: {error}"
            raise DatabaseUnreachableError(message) from None
        yield connection


def configure(connection: Connection, service: str) -> Config:
    """Return Alembic's configuration for one service's history on an open connection."""
    folder = find_resource("migrations")
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("version_locations", str(folder / service))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["schema"] = service
    return config


def _migrate(connection: Connection, service: str, revision: str) -> None:
    connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{service}"'))
    config = configure(connection, service)
    command.upgrade(config, revision)
