"""`ai4v migrate`: bring the database's schemas to this version."""

import asyncio

import click

from ai4v.cli.example import examples
from ai4v.cli.failure import CommandError
from ai4v.cli.settings import Settings
from ai4v.kit.resource import find_resource
from ai4v.kit.topology import load_topology


@examples("ai4v migrate")
@click.command()
def migrate() -> None:
    """Bring the database's schemas to this version.

    `ai4v up` does it by itself. The database is AI4V_DATABASE_URL, or the file ai4v_database_url in
    AI4V_SECRETS_DIR, or the embedded one of the data folder.
    """
    url = Settings.load().read_secret("AI4V_DATABASE_URL")
    if not url:
        raise CommandError("AI4V_DATABASE_URL is not set, and the data folder has no database")
    from ai4v.kit.migration import DatabaseUnreachableError, upgrade

    histories = find_resource("migrations")
    services = tuple(
        service.name for service in load_topology().services if (histories / service.name).is_dir()
    )
    try:
        asyncio.run(upgrade(url, services))
    except DatabaseUnreachableError as error:
        raise CommandError(f"AI4V_DATABASE_URL {error}") from None
    click.echo(f"migrated {', '.join(services)}")
