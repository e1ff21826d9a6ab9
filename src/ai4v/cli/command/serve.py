"""`ai4v serve`: one service in this process. What it imports, the service pays for in memory."""

import importlib

import click

from ai4v.cli.example import examples
from ai4v.cli.failure import CommandError
from ai4v.kit.topology import load_topology


@examples("ai4v serve asr")
@click.command()
@click.argument("name")
def serve(name: str) -> None:
    """Run the service NAME, set by the environment, until SIGTERM."""
    try:
        service = load_topology().service(name)
    except KeyError as error:
        raise CommandError(str(error.args[0]), code=2) from None
    importlib.import_module(f"{service.package}.app").main()
