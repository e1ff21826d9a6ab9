"""Signing in as the administrator, for one command."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

import click

from ai4v.cli.client import Gateway, open_gateway
from ai4v.cli.failure import CommandError
from ai4v.cli.firstrun import read_first_run
from ai4v.cli.interruption import ended_in_order, undisturbed
from ai4v.cli.layout import Layout
from ai4v.cli.patience import Patience
from ai4v.cli.settings import Settings
from ai4v.cli.signin import ending
from ai4v.contracts.auth import AccessToken

_PATH: Final = "/api/v1/auth"
_TRY_S: Final = 20.0
"""Of what cannot be interrupted."""


@contextmanager
def open_gateway_as_administrator(settings: Settings) -> Iterator[Gateway]:
    """Sign in with AI4V_ADMIN_PASSWORD, else the first start's, else what is typed; then out again.

    The session is ended however the context is left, Ctrl-C and SIGTERM included.
    """
    credentials = _find_credentials(settings)
    patience = Patience(settings.timeout_s, try_limit_s=_TRY_S)
    with ended_in_order(), ExitStack() as stack:
        with undisturbed():  # between the session's beginning and knowing how to end it
            with open_gateway(settings, "", patience=patience) as gateway:
                token = gateway.ask("POST", f"{_PATH}/login", AccessToken, body=credentials)
            stack.callback(_sign_out, settings, token.access_token, patience)
        yield stack.enter_context(open_gateway(settings, token.access_token))


def _find_credentials(settings: Settings) -> dict[str, str]:
    first_run = read_first_run(Layout(settings.data_dir).first_run_file)
    username = first_run.username if first_run else "admin"
    password = settings.admin_password or (first_run.password if first_run else "")
    if not password:
        if not sys.stdin.isatty():
            raise CommandError("set AI4V_ADMIN_PASSWORD: there is no terminal to ask at")
        password = click.prompt(f"Password of {username}", hide_input=True, err=True)
    return {"username": username, "password": password}


def _sign_out(settings: Settings, token: str, patience: Patience) -> None:
    with (
        ending("the session"),  # a command that changed the administrator has ended it
        undisturbed(),
        open_gateway(settings, token, patience=patience) as gateway,
    ):
        gateway.tell("POST", f"{_PATH}/logout")
