"""`ai4v admin`: the administrator's password, and users."""

import secrets

import click

from ai4v.cli.client import open_gateway_as_administrator
from ai4v.cli.firstrun import make_first_run, reset_administrator
from ai4v.cli.output import json_option, print_json
from ai4v.cli.settings import Settings
from ai4v.contracts.auth import UserView
from ai4v.contracts.role import Role


@click.group()
def admin() -> None:
    """Reset the administrator's password, add users."""


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


@admin.command("create-user")
@click.argument("username")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.USER.value,
    show_default=True,
    help="What the user may do.",
)
@json_option
def create_user(username: str, role: str, *, as_json: bool) -> None:
    """Add a user with a generated password, shown once."""
    password = secrets.token_urlsafe(18)
    body = {"username": username, "password": password, "role": role}
    with open_gateway_as_administrator(Settings.load()) as gateway:
        user = gateway.ask("POST", "/api/v1/auth/users", UserView, body=body)
    if as_json:
        print_json(user.model_dump(mode="json") | {"password": password})
    else:
        click.echo(f"user      {user.username} ({user.role})\npassword  {password}")


@click.command(hidden=True)
def bootstrap() -> None:
    """Make the first administrator and key: what the supervisor calls on the first start."""
    make_first_run(Settings.load())
