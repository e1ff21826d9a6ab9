"""`ai4v users`: everybody's accounts, as the administrator keeps them."""

import secrets
from typing import Final
from urllib.parse import quote

import click

from ai4v.cli.administrator import open_gateway_as_administrator
from ai4v.cli.choice import ROLE
from ai4v.cli.client import Gateway
from ai4v.cli.example import examples
from ai4v.cli.failure import CommandError
from ai4v.cli.operator import ask_auth
from ai4v.cli.output import json_option, print_json, print_table
from ai4v.cli.paging import read_pages
from ai4v.cli.settings import Settings
from ai4v.contracts.account import LinkView, Purpose
from ai4v.contracts.auth import UserList, UserView
from ai4v.contracts.role import Role

_PATH: Final = "/api/v1/auth/users"
_PASSWORD_BYTES: Final = 18


@examples(
    "ai4v users list",
    "ai4v users create asha",
)
@click.group()
def users() -> None:
    """List, add, and change users.

    Signs in as the administrator: with AI4V_ADMIN_PASSWORD, else with the password of the first
    start, else it asks.
    """


@examples("ai4v users list")
@users.command("list")
@json_option
def list_users(*, as_json: bool) -> None:
    """List users, newest first."""
    with open_gateway_as_administrator(Settings.load()) as gateway:
        found = [user for page in read_pages(gateway, _PATH, UserList) for user in page.users]
    if as_json:
        print_json([user.model_dump(mode="json") for user in found])
        return
    print_table(
        ("id", "username", "role", "state", "e-mail", "created"),
        [
            (
                str(user.id),
                user.username,
                user.role,
                "active" if user.is_active else "deactivated",
                describe_email(user),
                f"{user.created_at:%Y-%m-%d %H:%M}",
            )
            for user in found
        ],
    )


@examples(
    "ai4v users create asha",
    "ai4v users create ravi --role moderator --email ravi@example.org",
)
@users.command()
@click.argument("username")
@click.option(
    "--role", type=ROLE, default=Role.USER.value, show_default=True, help="What they may do."
)
@click.option("--email", help="Their address, taken as verified: you answer for it.")
@json_option
def create(username: str, role: str, email: str | None, *, as_json: bool) -> None:
    """Add a user with a generated password, shown once."""
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    body = {"username": username, "password": password, "role": role}
    if email is not None:
        body["email"] = email
    with open_gateway_as_administrator(Settings.load()) as gateway:
        user = gateway.ask("POST", _PATH, UserView, body=body)
        _show_new(user, password, as_json=as_json)


@examples("ai4v users show asha")
@users.command()
@click.argument("username")
@json_option
def show(username: str, *, as_json: bool) -> None:
    """Show a user."""
    with open_gateway_as_administrator(Settings.load()) as gateway:
        user = find_user(gateway, username)
    show_user(user, as_json=as_json)


@examples("ai4v users activate asha")
@users.command()
@click.argument("username")
@json_option
def activate(username: str, *, as_json: bool) -> None:
    """Let a user sign in again; keys that were revoked stay so."""
    show_user(_change(username, {"is_active": True}), as_json=as_json)


@examples("ai4v users deactivate asha")
@users.command()
@click.argument("username")
@json_option
def deactivate(username: str, *, as_json: bool) -> None:
    """Let a user in no more: the sessions end, the keys are revoked for good."""
    show_user(_change(username, {"is_active": False}), as_json=as_json)


@examples("ai4v users role asha moderator")
@users.command("role")
@click.argument("username")
@click.argument("role", type=ROLE)
@json_option
def change_role(username: str, role: str, *, as_json: bool) -> None:
    """Give a user another role; it holds at once."""
    show_user(_change(username, {"role": role}), as_json=as_json)


@examples("ai4v users link asha --purpose reset-password")
@users.command()
@click.argument("username")
@click.option(
    "--purpose",
    type=click.Choice([purpose.value for purpose in Purpose]),
    required=True,
    help="What it is good for.",
)
@json_option
def link(username: str, purpose: str, *, as_json: bool) -> None:
    """Make a link to hand to a user, where no letter can; needs the data folder.

    It is good once: a day for an address, an hour for a password. An older one is void.
    """
    path = f"/internal/users/{quote(username.lower(), safe='')}/link"
    made = ask_auth(Settings.load(), path, LinkView, body={"purpose": purpose})
    if as_json:
        print_json(made.model_dump(mode="json"))
    else:
        click.echo(made.url)
        click.echo(f"good until {made.expires_at:%Y-%m-%d %H:%M} UTC, once", err=True)


def _show_new(user: UserView, password: str, *, as_json: bool) -> None:
    """Print a new password: at once, before signing out, since nobody else knows it."""
    if as_json:
        print_json(user.model_dump(mode="json") | {"password": password})
    else:
        click.echo(f"user      {user.username} ({user.role})\npassword  {password}")


def show_user(user: UserView, *, as_json: bool) -> None:
    """Print what is known of a user."""
    if as_json:
        print_json(user.model_dump(mode="json"))
        return
    state = "active" if user.is_active else "deactivated"
    click.echo(f"user     {user.username} ({user.role}, {state})\nid       {user.id}")
    if user.email:
        click.echo(f"e-mail   {describe_email(user)}")
    click.echo(f"created  {user.created_at:%Y-%m-%d %H:%M}")


def describe_email(user: UserView) -> str:
    """Say the address, and whether it is proved."""
    if user.email is None:
        return ""
    return user.email if user.is_email_verified else f"{user.email} (not verified)"


def find_user(gateway: Gateway, username: str) -> UserView:
    """Return the user of a name.

    Raises:
        CommandError: there is none.
    """
    found = gateway.ask("GET", _PATH, UserList, query={"username": username}).users
    if not found:
        raise CommandError(f"there is no user {username}")
    return found[0]


def _change(username: str, change: dict[str, object]) -> UserView:
    with open_gateway_as_administrator(Settings.load()) as gateway:
        user = find_user(gateway, username)
        return gateway.ask("PATCH", f"{_PATH}/{user.id}", UserView, body=change)
