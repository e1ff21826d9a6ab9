"""`ai4v admin rotate-signing-key`: access tokens are signed with another key from now on."""

from datetime import UTC, datetime
from pathlib import Path

import click

from ai4v.cli.example import examples
from ai4v.cli.failure import CommandError
from ai4v.cli.interruption import ended_in_order
from ai4v.cli.layout import Layout
from ai4v.cli.operator import ask_auth
from ai4v.cli.output import json_option, print_json
from ai4v.cli.settings import Settings
from ai4v.cli.signingkey import FILE, rotated
from ai4v.contracts.session import SigningKeys


@examples("ai4v admin rotate-signing-key")
@click.command("rotate-signing-key")
@click.option(
    "--leaked", is_flag=True, help="Drop the other keys at once; access tokens must be renewed."
)
@json_option
def rotate_signing_key(*, leaked: bool, as_json: bool) -> None:
    """Sign access tokens with a new key; needs the data folder and the platform up.

    The key before goes on checking the tokens it has signed; nobody is signed out.
    """
    settings = Settings.load()
    values = settings.environment
    if values.get("AI4V_AUTH_JWT_PRIVATE_KEY") or values.get("AI4V_JWT_PRIVATE_KEY"):
        raise CommandError("the signing key is in the environment; rotate it where it comes from")
    folder = Path(values.get("AI4V_SECRETS_DIR") or Layout(settings.data_dir).secrets)
    try:
        with ended_in_order(), rotated(folder / FILE, datetime.now(UTC), is_leaked=leaked):
            answer = ask_auth(settings, "/internal/signing-keys/reload", SigningKeys)
    except CommandError as error:
        raise CommandError(f"{error.message}\nthe signing key was not changed") from None
    if as_json:
        print_json({"key_ids": list(answer.key_ids)})
    else:
        for place, key_id in enumerate(answer.key_ids):
            click.echo(f"{'checks' if place else 'signs '}  {key_id}")
