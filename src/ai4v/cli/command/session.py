"""`ai4v login`, `ai4v logout` and `ai4v sessions`: who is signed in at this command line."""

import secrets
from urllib.parse import urlencode
from uuid import UUID

import click

from ai4v.cli.administrator import open_gateway_as_administrator
from ai4v.cli.client import Gateway, open_gateway
from ai4v.cli.command.user import find_user
from ai4v.cli.example import examples
from ai4v.cli.failure import PROGRAM, CommandError
from ai4v.cli.loopback import wait_for_ticket
from ai4v.cli.output import json_option, print_json, print_table
from ai4v.cli.password import ask_password
from ai4v.cli.settings import Settings
from ai4v.cli.signin import (
    NotSignedInError,
    end_session,
    forget_session,
    keep_session,
    open_gateway_as_user,
)
from ai4v.contracts.session import ProviderList, SessionList, SessionTokens
from ai4v.kit.challenge import challenge_of

_PATH = "/api/v1/auth"
_KEPT = "you are still signed in: try again, or forget it here alone with: ai4v logout --forget"
_OTHERS = (
    "this session is over and forgotten here; your others could not be ended by it:"
    " ai4v login, then ai4v logout --everywhere"
)


@examples(
    "ai4v login --username asha",
    "ai4v login --provider google",
)
@click.command()
@click.option("--username", help="Sign in with a password, which is asked for.")
@click.option("--provider", help="Sign in elsewhere, with a browser on this machine.")
@json_option
def login(username: str | None, provider: str | None, *, as_json: bool) -> None:
    """Sign in; later commands of `ai4v sessions` are then yours.

    The session is kept in a file that you alone can read: session.json in AI4V_DATA_DIR where that
    is set, else in ~/.config/ai4v.
    """
    settings = Settings.load()
    if (username is None) == (provider is None):
        raise CommandError("say either --username or --provider", code=2)
    with open_gateway(settings, "") as gateway:
        if username is not None:
            tokens = _sign_in(gateway, username)
        else:
            tokens = _sign_in_elsewhere(gateway, str(provider))
    keep_session(settings, tokens)
    if as_json:
        print_json({"signed_in": True, "refresh_expires_in": tokens.refresh_expires_in})
    else:
        click.echo("signed in")


@examples(
    "ai4v logout",
    "ai4v logout --everywhere",
)
@click.command()
@click.option("--everywhere", is_flag=True, help="End every session of yours, not this one alone.")
@click.option(
    "--forget", is_flag=True, help="Keep nothing here, even when the platform cannot be asked."
)
@json_option
def logout(*, everywhere: bool, forget: bool, as_json: bool) -> None:
    """End the session of this command line.

    No error when it has ended already.
    """
    settings = Settings.load()
    is_ended = _end_session(settings, is_everywhere=everywhere, is_forgotten=forget)
    forget_session(settings)
    if everywhere and not is_ended:
        raise CommandError(_OTHERS)
    if as_json:
        print_json({"signed_in": False})
    else:
        click.echo("signed out everywhere" if everywhere else "signed out")


@examples("ai4v sessions list")
@click.group()
def sessions() -> None:
    """List and end sessions: your own, or as administrator a user's."""


@examples(
    "ai4v sessions list",
    "ai4v sessions list --user asha",
)
@sessions.command("list")
@click.option("--user", help="Whose, as the administrator; otherwise your own.")
@json_option
def list_sessions(user: str | None, *, as_json: bool) -> None:
    """List the sessions that have not ended, the last used first."""
    settings = Settings.load()
    if user is None:
        with open_gateway_as_user(settings) as gateway:
            found = gateway.ask("GET", f"{_PATH}/sessions", SessionList).sessions
    else:
        with open_gateway_as_administrator(settings) as gateway:
            path = f"{_PATH}/users/{find_user(gateway, user).id}/sessions"
            found = gateway.ask("GET", path, SessionList).sessions
    if as_json:
        print_json([row.model_dump(mode="json") for row in found])
        return
    print_table(
        ("id", "method", "address", "begun", "last used", "by", ""),
        [
            (
                str(row.id),
                row.method,
                row.address or "",
                f"{row.created_at:%Y-%m-%d %H:%M}",
                f"{row.last_used_at:%Y-%m-%d %H:%M}",
                row.user_agent or "",
                "this one" if row.is_current else "",
            )
            for row in found
        ],
    )


@examples(
    "ai4v sessions revoke 0198c0de-0000-7000-8000-000000000001",
    "ai4v sessions revoke --user asha",
)
@sessions.command()
@click.argument("session_id", metavar="[ID]", type=click.UUID, required=False)
@click.option("--user", help="End all sessions of this user, as the administrator.")
@json_option
def revoke(session_id: UUID | None, user: str | None, *, as_json: bool) -> None:
    """End the session with this ID (from `ai4v sessions list`), at once."""
    settings = Settings.load()
    if (session_id is None) == (user is None):
        raise CommandError("say either an ID or --user", code=2)
    if user is None:
        with open_gateway_as_user(settings) as gateway:
            gateway.delete(f"{_PATH}/sessions/{session_id}")
    else:
        with open_gateway_as_administrator(settings) as gateway:
            gateway.delete(f"{_PATH}/users/{find_user(gateway, user).id}/sessions")
    if as_json:
        print_json({"id": str(session_id) if session_id else None, "user": user, "revoked": True})
    else:
        click.echo(f"revoked {session_id or f'all sessions of {user}'}")


def _end_session(settings: Settings, *, is_everywhere: bool, is_forgotten: bool) -> bool:
    """Tell whether the platform ended it now; False also when it had before."""
    try:
        return end_session(settings, f"{_PATH}/logout/all" if is_everywhere else f"{_PATH}/logout")
    except NotSignedInError:
        raise
    except CommandError as error:
        if not is_forgotten:
            raise CommandError(f"{error.message}\n{_KEPT}") from None
        click.echo(f"{PROGRAM}: it is forgotten here, but not ended: {error.message}", err=True)
        return False


def _sign_in(gateway: Gateway, username: str) -> SessionTokens:
    body = {"username": username, "password": ask_password(f"Password of {username}")}
    return gateway.ask("POST", f"{_PATH}/login", SessionTokens, body=body)


def _sign_in_elsewhere(gateway: Gateway, name: str) -> SessionTokens:
    known = gateway.ask("GET", f"{_PATH}/providers", ProviderList).providers
    start = next((row.start_url for row in known if row.name == name), None)
    if start is None:
        names = ", ".join(row.name for row in known) or "none"
        raise CommandError(f"no such provider; there are: {names}")
    verifier = secrets.token_urlsafe(32)

    def show(return_to: str) -> None:
        query = urlencode({"return_to": return_to, "challenge": challenge_of(verifier)})
        click.echo(f"open in a browser on this machine:\n{start}?{query}", err=True)

    body = {"ticket": wait_for_ticket(show), "verifier": verifier}
    return gateway.ask("POST", f"{_PATH}/providers/exchange", SessionTokens, body=body)
