"""The entry point: knows every command by name and imports the one that is called."""

import importlib
import sys
from typing import Final

import click

from ai4v import __version__
from ai4v.cli.failure import PROGRAM, CommandError

_COMMANDS: Final = {
    "up": "up:up",
    "stop": "stop:stop",
    "restart": "restart:restart",
    "status": "status:status",
    "logs": "log:logs",
    "serve": "serve:serve",
    "migrate": "migrate:migrate",
    "models": "model:models",
    "keys": "key:keys",
    "users": "user:users",
    "roles": "role:roles",
    "login": "session:login",
    "logout": "session:logout",
    "sessions": "session:sessions",
    "admin": "admin:admin",
    "register": "account:register",
    "me": "account:me",
    "password": "account:password",
    "audit": "audit:audit",
    "certificate": "certificate:certificate",
    "doctor": "doctor:doctor",
    "transcribe": "transcribe:transcribe",
    "speak": "speak:speak",
    "voices": "voice:voices",
    "translate": "translate:translate",
    "detect": "detect:detect",
    "converse": "converse:converse",
    "supervise": "up:supervise",
    "bootstrap": "admin:bootstrap",
}
_HIDDEN: Final = ("supervise", "bootstrap")


class _Commands(click.Group):
    """Commands that are imported when they are looked up."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands that help shows, in the order people need them."""
        return [name for name in _COMMANDS if name not in _HIDDEN]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import one command."""
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(
            importlib.import_module(f"ai4v.cli.command.{module}"), name
        )
        return command


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Settings: AI4V_DATA_DIR, AI4V_PORT_SHIFT, AI4V_BIND, AI4V_MODEL_DIR, AI4V_GATEWAY_URL, "
    "AI4V_API_KEY.",
)
@click.version_option(__version__, prog_name=PROGRAM)
def root() -> None:
    """AI4V-C: speech and translation for India's languages, on your own machine."""


def main() -> None:
    """Run the command line; a failure is one message and a status, never a traceback."""
    try:
        root(prog_name=PROGRAM)
    except CommandError as error:
        click.echo(f"{PROGRAM}: {error.message}", err=True)
        sys.exit(error.code)
    except UnicodeEncodeError as error:
        advice = "set PYTHONIOENCODING=utf-8"
        click.echo(f"{PROGRAM}: the output takes {error.encoding} alone: {advice}", err=True)
        sys.exit(1)
    except OSError as error:
        subject = f"{error.filename}: " if error.filename is not None else ""
        click.echo(f"{PROGRAM}: {subject}{error.strerror or error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
