"""Schema migrations: each service has a schema and a history of its own, applied once.

The files are `migrations/<service>/*.py`, Alembic revisions. Expand first, contract later: the
version before must go on working on the new schema.
"""

from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from ai4v.kit.resource import find_resource

_LOCK: Final = 4_190_217_733  # any constant: the same in every version of the platform


async def upgrade(url: str, services: tuple[str, ...], *, revision: str = "head") -> None:
    """Bring the schemas of `services` to `revision`.

    An advisory lock lets one process do it while others wait for it.

    Args:
        url: `postgresql+asyncpg://...`, a role that may create schemas.
        services: those with a folder in migrations/.
        revision: an Alembic revision; anything but head is for tests.
    """
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            for service in services:
                await connection.run_sync(_migrate, service, revision)
                await connection.commit()
            await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
            await connection.commit()
    finally:
        await engine.dispose()


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
