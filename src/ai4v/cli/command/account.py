"""`ai4v register`, `ai4v me` and `ai4v password`: one's own account."""

from typing import Final

import click

from ai4v.cli.client import open_gateway
from ai4v.cli.command.user import show_user
from ai4v.cli.example import examples
from ai4v.cli.failure import CommandError
from ai4v.cli.output import json_option, print_json
from ai4v.cli.password import ask_password
from ai4v.cli.settings import Settings
from ai4v.cli.signin import forget_session, open_gateway_as_user
from ai4v.contracts.account import Accepted
from ai4v.contracts.auth import Me

_PATH: Final = "/api/v1/auth"


@examples("ai4v register asha --email asha@example.org")
@click.command()
@click.argument("username")
@click.option("--email", required=True, help="Where the letter with the link goes.")
@json_option
def register(username: str, email: str, *, as_json: bool) -> None:
    """Register, where the platform lets anybody.

    The password is asked for: it has at least 15 characters; three words are good. Prove the
    address with the token of the letter: ai4v me verify-email TOKEN.
    """
    password = ask_password("Password", is_new=True)
    body = {"username": username, "email": email, "password": password}
    with open_gateway(Settings.load(), "") as gateway:
        _say(gateway.ask("POST", f"{_PATH}/register", Accepted, body=body), as_json=as_json)


@examples("ai4v me")
@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def me(context: click.Context, *, as_json: bool) -> None:
    """Show who is signed in here (ai4v login), or change it."""
    if context.invoked_subcommand is not None:
        return
    with open_gateway_as_user(Settings.load()) as gateway:
        answer = gateway.ask("GET", f"{_PATH}/me", Me)
    if as_json:
        print_json(answer.model_dump(mode="json"))
    else:
        show_user(answer.user, as_json=False)


@examples("ai4v me email asha@example.org")
@me.command()
@click.argument("address")
@json_option
def email(address: str, *, as_json: bool) -> None:
    """Change the e-mail address, once the link sent to the new one has been opened."""
    body = {"email": address, "current_password": ask_password("Password")}
    with open_gateway_as_user(Settings.load()) as gateway:
        _say(gateway.ask("PATCH", f"{_PATH}/me", Accepted, body=body), as_json=as_json)


@examples("ai4v me verify-email a4o_TOKEN")
@me.command("verify-email")
@click.argument("token")
@json_option
def verify_email(token: str, *, as_json: bool) -> None:
    """Prove an e-mail address with the token of a letter; nobody need be signed in."""
    with open_gateway(Settings.load(), "") as gateway:
        gateway.tell("POST", f"{_PATH}/verify-email", {"token": token})
    _done("verified", as_json=as_json)


@examples("ai4v me deactivate")
@me.command()
@json_option
def deactivate(*, as_json: bool) -> None:
    """Leave: the sessions end, the keys are revoked for good; the password is asked for."""
    settings = Settings.load()
    body = {"current_password": ask_password("Password")}
    with open_gateway_as_user(settings) as gateway:
        gateway.tell("POST", f"{_PATH}/me/deactivate", body)
    forget_session(settings)
    _done("deactivated", as_json=as_json)


@examples("ai4v password change")
@click.group()
def password() -> None:
    """Change your password, or replace one that was lost.

    Passwords are asked for; without a terminal they are read from standard input, one a line.
    """


@examples("ai4v password change")
@password.command()
@json_option
def change(*, as_json: bool) -> None:
    """Change the password of whoever is signed in here; every session ends, the keys stay."""
    settings = Settings.load()
    body = {
        "current_password": ask_password("Current password"),
        "new_password": ask_password("New password", is_new=True),
    }
    with open_gateway_as_user(settings) as gateway:
        gateway.tell("POST", f"{_PATH}/password", body)
    forget_session(settings)
    _done("changed", as_json=as_json)


@examples(
    "ai4v password reset asha",
    "ai4v password reset --token a4o_TOKEN",
)
@password.command()
@click.argument("account", required=False)
@click.option("--token", help="Of the letter, or of the operator's link: choose the new password.")
@json_option
def reset(account: str | None, token: str | None, *, as_json: bool) -> None:
    """Ask for a letter for ACCOUNT, a username or an address; then use its token."""
    if (account is None) == (token is None):
        raise CommandError("say either ACCOUNT or --token", code=2)
    with open_gateway(Settings.load(), "") as gateway:
        if token is None:
            body = {"account": account}
            answer = gateway.ask("POST", f"{_PATH}/password/reset", Accepted, body=body)
            _say(answer, as_json=as_json)
            return
        chosen = {"token": token, "new_password": ask_password("New password", is_new=True)}
        gateway.tell("POST", f"{_PATH}/password/reset/confirm", chosen)
    _done("changed", as_json=as_json)


def _say(answer: Accepted, *, as_json: bool) -> None:
    if as_json:
        print_json(answer.model_dump(mode="json"))
    else:
        click.echo(answer.message)


def _done(what: str, *, as_json: bool) -> None:
    if as_json:
        print_json({what: True})
    else:
        click.echo(what)
