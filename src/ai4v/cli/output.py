"""What commands print: a table for people, or one JSON value for programs."""

import json
import sys
from collections.abc import Sequence

import click

from ai4v.cli.failure import CommandError

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
"""The option of every command that prints."""


def format_json(value: object) -> str:
    """Write a value as people can read it too."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def print_json(value: object) -> None:
    """Print one JSON value."""
    click.echo(format_json(value))


def print_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below their titles."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*titles, box=SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell, _STYLES.get(cell, ""), overflow="fold") for cell in row))
    console = Console()
    if not console.is_terminal:
        console.width = _FILE_WIDTH
    console.print(table)


def require_stdout() -> None:
    """Return when there is somewhere to print to: ask before work whose outcome is printed.

    Raises:
        CommandError: standard output is closed; click would print nothing, and say nothing.
    """
    if sys.stdout is None:
        raise CommandError("standard output is closed")


def describe_bytes(count: int) -> str:
    """Say a size as people do: 145 MB."""
    for unit, size in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} B"


_FILE_WIDTH = 240
"""Columns where the output is no terminal: nothing is broken into lines there."""
_STYLES = {
    "healthy": "green",
    "installed": "green",
    "ok": "green",
    "starting": "yellow",
    "degraded": "yellow",
    "unhealthy": "red",
    "missing": "red",
    "damaged": "red",
    "down": "red",
}
