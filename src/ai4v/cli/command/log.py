"""`ai4v logs`: what the processes said."""

from pathlib import Path

import click

from ai4v.cli.example import examples
from ai4v.cli.failure import CommandError
from ai4v.cli.layout import Layout
from ai4v.cli.log import read_tail
from ai4v.cli.output import json_option, print_json
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
@click.option("-n", "--lines", default=20, show_default=True, help="How many lines of each log.")
@json_option
def logs(name: str | None, *, follow: bool, lines: int, as_json: bool) -> None:
    """Print the end of the log of NAME, or of every log."""
    layout = Layout(Settings.load().data_dir)
    files = sorted(layout.logs.glob("*.log"))
    if name is not None:
        known = ", ".join(file.stem for file in files) or "none"
        files = [file for file in files if file.stem == name]
        if not files:
            raise CommandError(f"there is no log of {name}: there are {known}")
    sizes = {file: file.stat().st_size for file in files}
    tails = {file.stem: read_tail(file, lines) for file in files}
    if as_json:
        print_json(tails)
        return
    for source, tail in tails.items():
        _print(source, tail, is_named=len(files) > 1)
    while follow:
        pause(_POLL_S)
        for file in files:
            sizes[file] = _print_added(file, sizes[file], is_named=len(files) > 1)


def _print_added(file: Path, known_size: int, *, is_named: bool) -> int:
    """Print what was added since the file had `known_size`; return its size now."""
    size = file.stat().st_size
    if size < known_size:  # it was cut
        known_size = 0
    if size > known_size:
        with file.open("rb") as stream:
            stream.seek(known_size)
            added = stream.read(size - known_size)
        whole = added[: added.rfind(b"\n") + 1]
        _print(file.stem, whole.decode("utf-8", "replace").splitlines(), is_named=is_named)
        return known_size + len(whole)
    return size


def _print(source: str, lines: list[str], *, is_named: bool) -> None:
    for line in lines:
        click.echo(f"{source}: {line}" if is_named else line)
