"""`ai4v restart`: processes of the platform anew, one after the other, while it serves."""

import contextlib
import os
import signal
import time
from pathlib import Path

import click

from ai4v.cli.example import examples
from ai4v.cli.failure import CommandError
from ai4v.cli.hold import is_held
from ai4v.cli.layout import Layout
from ai4v.cli.output import json_option, print_json
from ai4v.cli.settings import Settings
from ai4v.cli.state import UnitState, read_state
from ai4v.cli.wait import pause

_POLL_S = 0.2
_TIMEOUT_S = 180.0
_STORES = ("postgres", "valkey")


@examples(
    "ai4v restart",
    "ai4v restart asr tts",
)
@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@json_option
def restart(names: tuple[str, ...], *, as_json: bool) -> None:
    """Restart the processes NAME, or all but the stores, in turn.

    Each is told to stop, finishes what it is doing, and is well again before the next one's turn.
    With several processes of a service no request is lost.
    """
    layout = Layout(Settings.load().data_dir)
    if not is_held(layout):
        raise CommandError(f"the platform on {layout.data_dir} is stopped; to start it: ai4v up")
    units = _read_units(layout.state_file)
    chosen = names or tuple(name for name in units if name not in _STORES)
    if unknown := [name for name in chosen if name not in units]:
        raise CommandError(f"there is no {unknown[0]}: there are {', '.join(units)}")
    for name in chosen:
        _restart(layout.state_file, units[name])
        if not as_json:
            click.echo(f"restarted {name}")
    if as_json:
        print_json({"restarted": list(chosen)})


def _restart(state_file: Path, unit: UnitState) -> None:
    if unit.pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(unit.pid, signal.SIGTERM)
    end = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < end:
        now = _read_units(state_file).get(unit.name)
        if now and now.pid not in {None, unit.pid} and now.health in {"healthy", "degraded"}:
            return
        pause(_POLL_S)
    raise CommandError(f"{unit.name} is not back after {_TIMEOUT_S:.0f} s; see ai4v logs")


def _read_units(state_file: Path) -> dict[str, UnitState]:
    state = read_state(state_file)
    return {unit.name: unit for unit in state.units} if state else {}
