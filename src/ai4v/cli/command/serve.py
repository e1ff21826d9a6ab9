"""`ai4v serve`: one service in this process. What it imports, the service pays for in memory."""

import importlib

import click

from ai4v.cli.failure import CommandError
from ai4v.kit.topology import load_topology


@click.command()
@click.argument("name")
def serve(name: str) -> None:
    """Run the service NAME until SIGTERM; its settings come from the environment."""
    try:
        service = load_topology().service(name)
    except KeyError as error:
        raise CommandError(str(error.args[0]), code=2) from None
    importlib.import_module(f"{service.package}.app").main()
