"""`ai4v admin`: the administrator's password."""

import click

from ai4v.cli.command.signingkey import rotate_signing_key
from ai4v.cli.example import examples
from ai4v.cli.firstrun import make_first_run, reset_administrator
from ai4v.cli.output import json_option, print_json
from ai4v.cli.settings import Settings


@examples("ai4v admin reset")
@click.group()
def admin() -> None:
    """Reset the administrator's password, or change the signing key."""


admin.add_command(rotate_signing_key)


@examples("ai4v admin reset")
@admin.command()
@json_option
def reset(*, as_json: bool) -> None:
    """Give the administrator a new password; needs the data folder and the platform up.

    All sessions of the administrator end; API keys stay good.
    """
    answer = reset_administrator(Settings.load())
    if as_json:
        print_json(answer.model_dump(mode="json"))
    else:
        click.echo(f"administrator  {answer.username}\npassword       {answer.password}")


@click.command(hidden=True)
def bootstrap() -> None:
    """Make the first administrator and key: what the supervisor calls on the first start."""
    make_first_run(Settings.load())
