"""`ai4v logs`: what the processes said."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from ai4v.cli.example import examples
from ai4v.cli.failure import PROGRAM, CommandError
from ai4v.cli.layout import Layout
from ai4v.cli.log import read_tail
from ai4v.cli.settings import Settings
from ai4v.cli.wait import pause

_POLL_S = 0.2


@examples(
    "ai4v logs gateway -f",
    "ai4v logs --json -n 100",
)
@click.command()
@click.argument("name", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on printing what is added.")
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="How many lines of each log.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line.")
def logs(name: str | None, *, follow: bool, lines: int, as_json: bool) -> None:
    """Print the end of the log of NAME, or of every log.

    With --json every line is an object with the process that said it, its service, and the fields
    that it said; of what it said without fields, such as a traceback, `event` is the line.
    """
    layout = Layout(Settings.load().data_dir)
    files = sorted(layout.logs.glob("*.log"))
    if name is not None:
        known = ", ".join(file.stem for file in files) or "none"
        files = [file for file in files if file.stem == name]
        if not files:
            raise CommandError(f"there is no log of {name}: there are {known}")
    if not files:
        click.echo(f"{PROGRAM}: no log yet in {layout.logs}", err=True)
    sizes = {file: file.stat().st_size for file in files}
    printer = _Printer(is_json=as_json, is_named=len(files) > 1)
    for file in files:
        printer.print(file.stem, read_tail(file, lines))
    while follow:
        pause(_POLL_S)
        for file in files:
            added, sizes[file] = _read_added(file, sizes[file])
            printer.print(file.stem, added)


@dataclass(frozen=True, slots=True)
class _Printer:
    is_json: bool
    is_named: bool
    """Whether each line is to say which process said it; in JSON each does."""

    def print(self, process: str, lines: Sequence[str]) -> None:
        """Print what a process said."""
        for line in lines:
            if self.is_json:
                click.echo(json.dumps(_read_fields(process, line), ensure_ascii=False))
            else:
                click.echo(f"{process}: {line}" if self.is_named else line)


def _read_fields(process: str, line: str) -> dict[str, object]:
    try:
        fields = json.loads(line)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        fields = {"event": line}
    return {"process": process, "service": process} | fields


def _read_added(file: Path, known_size: int) -> tuple[list[str], int]:
    """Return the whole lines that were added since the file had `known_size`, and its size now."""
    size = file.stat().st_size
    if size < known_size:  # it was cut
        known_size = 0
    if size == known_size:
        return [], size
    with file.open("rb") as stream:
        stream.seek(known_size)
        added = stream.read(size - known_size)
    whole = added[: added.rfind(b"\n") + 1]
    return whole.decode("utf-8", "replace").splitlines(), known_size + len(whole)
