"""What commands are given to work on: text or sound, from an argument, a file or standard input."""

import sys
from pathlib import Path
from typing import BinaryIO, Final

import click

from ai4v.cli.client import Upload
from ai4v.cli.failure import CommandError

STDIN: Final = "-"
"""Stands for standard input."""


def read_sound(name: str) -> Upload:
    """Read a file, or standard input.

    Raises:
        CommandError: standard input is closed.
        OSError: the file cannot be read.
    """
    if name == STDIN:
        return Upload("stdin", _open_stdin().read())
    return Upload(Path(name).name, Path(name).read_bytes())


def read_text(given: str | None) -> str:
    """Return the argument, or what standard input says when that is - or missing.

    Raises:
        CommandError: standard input is closed, or is not UTF-8.
    """
    if given is not None and given != STDIN:
        return given
    stdin = _open_stdin()
    if sys.stdin.isatty():
        click.echo("Type the text; Ctrl-D on a line of its own ends it.", err=True)
    try:
        return stdin.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CommandError("standard input is not text in UTF-8") from None


def _open_stdin() -> BinaryIO:
    if sys.stdin is None:
        raise CommandError("standard input is closed")
    return sys.stdin.buffer
