"""`ai4v stop`: end the platform that runs on the data folder."""

import os
import signal
import time

import click

from ai4v.cli.example import examples
from ai4v.cli.failure import CommandError
from ai4v.cli.hold import is_held
from ai4v.cli.layout import Layout
from ai4v.cli.output import json_option, print_json
from ai4v.cli.settings import Settings
from ai4v.cli.state import read_state
from ai4v.cli.wait import is_running, wait_until


@examples("ai4v stop")
@click.command()
@click.option(
    "--timeout", "timeout_s", default=120.0, show_default=True, help="Seconds it may take."
)
@json_option
def stop(*, timeout_s: float, as_json: bool) -> None:
    """Stop everything in order; returns when nothing is left. No error when nothing runs."""
    layout = Layout(Settings.load().data_dir)
    was_running = is_held(layout)
    if was_running:
        state = read_state(layout.state_file)
        if state is None:
            raise CommandError("the supervisor is just starting: try again in a moment")
        began = time.monotonic()
        os.kill(state.pid, signal.SIGTERM)
        if not wait_until(lambda: not is_running(state.pid), timeout_s=timeout_s):
            raise CommandError(f"the supervisor, pid {state.pid}, does not end: see its log")
        took_s = round(time.monotonic() - began, 1)
    else:
        took_s = 0.0
    if as_json:
        print_json({"was_running": was_running, "took_s": took_s})
    else:
        click.echo(f"stopped in {took_s} s" if was_running else "nothing runs")
