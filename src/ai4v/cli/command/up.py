"""`ai4v up`: bring the platform up and look after it."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable

import click

from ai4v.adapters.postgres.runtime import EmbeddedPostgresError
from ai4v.cli.address import find_topology
from ai4v.cli.example import examples
from ai4v.cli.failure import PROGRAM, CommandError
from ai4v.cli.hold import DataHold
from ai4v.cli.layout import Layout
from ai4v.cli.log import open_log
from ai4v.cli.output import json_option, print_json, print_table
from ai4v.cli.plan import Platform
from ai4v.cli.replica import parse_scale, spell_scale
from ai4v.cli.settings import Settings
from ai4v.cli.state import State, read_state
from ai4v.cli.supervisor import Supervisor

_POLL_S = 0.1


@examples(
    "ai4v up",
    "ai4v up --detach --accept-licences",
    "ai4v up --scale gateway=2 --scale asr=3",
)
@click.command()
@click.option("--detach", is_flag=True, help="Return once everything is healthy.")
@click.option("--accept-licences", is_flag=True, help="Accept the models' licences unasked.")
@click.option("--without", multiple=True, metavar="MODEL", help="Do not fetch this model.")
@click.option("--scale", multiple=True, metavar="SERVICE=N", help="Run N processes of a service.")
@json_option
def up(
    *,
    detach: bool,
    accept_licences: bool,
    without: tuple[str, ...],
    scale: tuple[str, ...],
    as_json: bool,
) -> None:
    """Bring the platform up: models, PostgreSQL, Valkey, services.

    Prints one table when all is healthy and, on the first start only, the administrator's
    password and the first API key. Ctrl-C stops everything in order.

    --scale asr=3 runs three processes of asr, on its port and on those 100 and 200 higher; the
    gateway spreads what it is asked over them. Of several gateways each is an entry of its own.
    """
    platform = _open_platform(scale)
    with DataHold(platform.layout):  # refuse at once, not after fetching models
        pass
    _pull_models(platform, without, is_accepted=accept_licences)

    def announce(state: State) -> None:
        _print_ready(platform, state, as_json=as_json)
        if not (detach or as_json):
            click.echo("Ctrl-C stops everything.")

    if detach:
        announce(_detach(platform, without))
    else:
        _supervise(platform, announce, is_model_left_out=bool(without))


@click.command(hidden=True)
@click.option("--model-left-out", is_flag=True, help="Do not wait for engines.")
@click.option("--scale", multiple=True, help="As for `up`.")
def supervise(*, model_left_out: bool, scale: tuple[str, ...]) -> None:
    """Look after the platform without a terminal: what `up --detach` leaves behind."""
    _supervise(_open_platform(scale), lambda _state: None, is_model_left_out=model_left_out)


def _open_platform(wishes: tuple[str, ...]) -> Platform:
    settings = Settings.load()
    layout = Layout(settings.data_dir)
    topology = find_topology(settings)
    scale = parse_scale(wishes, topology)
    layout.create()
    return Platform(settings, layout, topology, scale)


def _supervise(
    platform: Platform, on_ready: Callable[[State], None], *, is_model_left_out: bool
) -> None:
    with DataHold(platform.layout):
        supervisor = Supervisor(platform, is_model_left_out=is_model_left_out)
        try:
            asyncio.run(supervisor.run(on_ready))
        except (EmbeddedPostgresError, FileNotFoundError) as error:
            raise CommandError(str(error)) from None


def _pull_models(platform: Platform, without: tuple[str, ...], *, is_accepted: bool) -> None:
    """Run `models pull` in a process of its own: what it loads does not stay with us."""
    leave_out = [part for name in without for part in ("--without", name)]
    accept = ["--accept-licences"] if is_accepted else []
    command = platform.command("models", "pull", *accept, *leave_out)
    result = subprocess.run(command, check=False, stdout=sys.stderr)  # noqa: S603 - the command is ours
    if result.returncode != 0:
        raise CommandError("the models are not complete", code=result.returncode)


def _detach(platform: Platform, without: tuple[str, ...]) -> State:
    """Leave a supervisor behind in a session of its own; return its state once it is ready."""
    left_out = ("--model-left-out",) if without else ()
    log_file = platform.layout.log_file("supervisor")
    with open_log(log_file) as log:
        began = log.seek(0, os.SEEK_END)
        process = subprocess.Popen(  # noqa: S603 - the command is ours
            platform.command("supervise", *left_out, *spell_scale(platform.scale)),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        state = _await_ready(platform, process)
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    if state is not None:
        return state
    with log_file.open("rb") as log:
        log.seek(began)
        said = log.read().decode("utf-8", "replace")
    raise CommandError(said.partition(f"{PROGRAM}: ")[2].strip() or f"see {log_file}")


def _await_ready(platform: Platform, process: subprocess.Popen[bytes]) -> State | None:
    """Return the supervisor's state once it is ready; None when it ended instead."""
    while True:
        try:
            process.wait(_POLL_S)
        except subprocess.TimeoutExpired:
            state = read_state(platform.layout.state_file)
            if state and state.pid == process.pid and state.phase == "ready":
                return state
        else:
            return None


def _print_ready(platform: Platform, state: State, *, as_json: bool) -> None:
    first_run = None
    if state.is_first_run:
        first_run = json.loads(platform.layout.first_run_file.read_text("utf-8"))
    if as_json:
        print_json(
            {
                "data_dir": str(platform.layout.data_dir),
                "services": [
                    {
                        "name": unit.name,
                        "port": unit.port,
                        "health": unit.health,
                        "address": unit.address,
                        "pid": unit.pid,
                    }
                    for unit in state.units
                ],
                "first_run": first_run,
            }
        )
        return
    print_table(
        ("name", "port", "health", "address"),
        [(unit.name, str(unit.port), unit.health, unit.address) for unit in state.units],
    )
    if first_run:
        click.echo("Shown once; also in " + str(platform.layout.first_run_file))
        click.echo(f"  administrator  {first_run['username']}")
        click.echo(f"  password       {first_run['password']}")
        click.echo(f"  API key        {first_run['api_key']}\n")
    sys.stdout.flush()
