"""The migrations make exactly the tables that the code knows, and can be undone."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.command import downgrade, upgrade
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from ai4v.kit import migration
from ai4v.kit.migration import DatabaseUnreachableError, configure
from ai4v.services.auth.tables import METADATA


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(
        connection,
        opts={
            "include_schemas": True,
            "compare_type": True,
            "include_name": lambda name, kind, _parents: kind != "schema" or name == "auth",
            "version_table_schema": "auth",
        },
    )
    return list(compare_metadata(context, METADATA))


def _undo_and_do_again(connection: Connection) -> set[str]:
    config = configure(connection, "auth")
    downgrade(config, "base")
    left = set(inspect(connection).get_table_names("auth"))
    upgrade(config, "head")
    return left


async def test_the_history_leads_to_the_tables(auth_database_url: str) -> None:
    engine = create_async_engine(auth_database_url)
    async with engine.begin() as connection:
        assert await connection.run_sync(_differences) == []
        assert await connection.run_sync(_undo_and_do_again) == {"alembic_version"}
        assert await connection.run_sync(_differences) == []
    await engine.dispose()


@pytest.mark.parametrize("part", ["password", "database", "port"])
async def test_a_database_that_lets_nobody_in_is_told(auth_database_url: str, part: str) -> None:
    url = make_url(auth_database_url)
    wrong = {
        "password": url.set(password="hush"),
        "database": url.set(database="nowhere"),
        "port": url.set(port=1),
    }[part].render_as_string(hide_password=False)
    with pytest.raises(DatabaseUnreachableError, match="cannot be reached: ") as caught:
        await migration.upgrade(wrong, ("auth",))
    assert "hush" not in str(caught.value)
