"""`ai4v serve`: one service in this process. What it imports, the service pays for in memory."""

import importlib
from typing import Protocol, cast

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
    from fastapi import FastAPI

    from ai4v.kit import serve as runner
    from ai4v.kit.settings import ServiceSettings

    class _App(Protocol):
        def create_app(self, settings: ServiceSettings) -> FastAPI: ...

    settings_module = importlib.import_module(f"{service.package}.settings")
    kind = cast("type[ServiceSettings]", getattr(settings_module, f"{name.capitalize()}Settings"))
    settings = kind.load()
    app_module = cast("_App", importlib.import_module(f"{service.package}.app"))
    runner.serve(app_module.create_app(settings), settings)
