"""`ai4v status`: what runs, and how it is."""

from dataclasses import asdict

import click

from ai4v.cli.example import examples
from ai4v.cli.failure import CommandError
from ai4v.cli.hold import is_held
from ai4v.cli.layout import Layout
from ai4v.cli.output import json_option, print_json, print_table
from ai4v.cli.settings import Settings
from ai4v.cli.state import read_state


@examples(
    "ai4v status",
    "ai4v status --json",
)
@click.command()
@json_option
def status(*, as_json: bool) -> None:
    """Show every process, its port, health and restarts. Status 1 unless all is healthy."""
    layout = Layout(Settings.load().data_dir)
    state = read_state(layout.state_file) if is_held(layout) else None
    units = state.units if state else ()
    phase = state.phase if state else "stopped"
    if as_json:
        services = [asdict(unit) for unit in units]
        print_json({"phase": phase, "data_dir": str(layout.data_dir), "services": services})
    elif state:
        print_table(
            ("name", "port", "health", "pid", "restarts", "address"),
            [
                (
                    unit.name,
                    str(unit.port),
                    unit.health,
                    str(unit.pid or ""),
                    str(unit.restarts),
                    unit.address,
                )
                for unit in units
            ],
        )
    if phase != "ready":
        remedy = "; to start it: ai4v up" if phase == "stopped" else ""
        raise CommandError(f"the platform on {layout.data_dir} is {phase}{remedy}")
    unwell = [unit.name for unit in units if unit.health != "healthy"]
    if unwell:
        raise CommandError(f"not healthy: {', '.join(unwell)}; see ai4v logs NAME")
