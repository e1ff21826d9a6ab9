"""The entry point: knows every command by name and imports the one that is called."""

import importlib
import sys
from pathlib import Path
from typing import Final

import click

from ai4v import __version__
from ai4v.cli.failure import PROGRAM, CommandError
from ai4v.cli.settings import Settings

_SECTIONS: Final = {
    "The platform": {
        "up": "up:up",
        "stop": "stop:stop",
        "restart": "restart:restart",
        "status": "status:status",
        "logs": "log:logs",
        "doctor": "doctor:doctor",
        "models": "model:models",
        "certificate": "certificate:certificate",
    },
    "Speech and text": {
        "transcribe": "transcribe:transcribe",
        "speak": "speak:speak",
        "voices": "voice:voices",
        "translate": "translate:translate",
        "detect": "detect:detect",
        "converse": "converse:converse",
    },
    "As the administrator": {
        "keys": "key:keys",
        "users": "user:users",
        "roles": "role:roles",
        "audit": "audit:audit",
        "admin": "admin:admin",
    },
    "As yourself": {
        "login": "session:login",
        "logout": "session:logout",
        "sessions": "session:sessions",
        "me": "account:me",
        "password": "account:password",
        "register": "account:register",
    },
    "Where other programs look after the processes": {
        "serve": "serve:serve",
        "migrate": "migrate:migrate",
    },
}
_HIDDEN: Final = {"supervise": "up:supervise", "bootstrap": "admin:bootstrap"}
_SHOWN: Final = {name: where for section in _SECTIONS.values() for name, where in section.items()}


class _Commands(click.Group):
    """Commands that are imported when they are looked up, and shown by what they are for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands that help shows, in the order people need them."""
        return list(_SHOWN)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import one command."""
        where = (_SHOWN | _HIDDEN).get(cmd_name)
        if where is None:
            return None
        module, name = where.split(":")
        command: click.Command = getattr(
            importlib.import_module(f"ai4v.cli.command.{module}"), name
        )
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the commands, section by section."""
        width = max(map(len, _SHOWN))
        for title, names in _SECTIONS.items():
            found = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (name.ljust(width), command.get_short_help_str(formatter.width))
                        for name, command in found
                        if command is not None
                    ]
                )


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Each explains itself: ai4v keys create --help. Settings: AI4V_DATA_DIR, "
    "AI4V_MODEL_DIR, AI4V_PORT_SHIFT, AI4V_BIND, AI4V_GATEWAY_URL, AI4V_GATEWAY_CA, AI4V_API_KEY, "
    "AI4V_ADMIN_PASSWORD, AI4V_TIMEOUT_S.",
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
        click.echo(f"{PROGRAM}: {describe_fault(error)}", err=True)
        sys.exit(1)


def describe_fault(error: OSError) -> str:
    """Say what is wrong with which file and, in the folders that are ours, what to do."""
    if error.filename is None:
        return error.strerror or str(error)
    message = f"{error.filename}: {error.strerror or error}"
    try:
        settings = Settings.load()
    except CommandError:
        return message
    owner = "run this as its owner, or " if isinstance(error, PermissionError) else ""
    folders = {"AI4V_DATA_DIR": settings.data_dir, "AI4V_MODEL_DIR": settings.model_dir}
    for name, folder in folders.items():
        if Path(str(error.filename)).is_relative_to(folder):
            return f"{message}; {owner}choose another {name}"
    return message


if __name__ == "__main__":
    main()
