"""`ai4v audit`: who did what, and whether the log of it is as it was written."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

import click

from ai4v.cli.administrator import open_gateway_as_administrator
from ai4v.cli.client import Gateway
from ai4v.cli.example import examples
from ai4v.cli.failure import CommandError
from ai4v.cli.gather import find_gathered, gathered
from ai4v.cli.operator import ask_auth, read_lines_of_auth
from ai4v.cli.output import json_option, print_json, print_table
from ai4v.cli.patience import Patience
from ai4v.cli.settings import Settings
from ai4v.contracts.audit import HEADS_AT_ONCE, AuditEvent, AuditList, Verdict

_PATH: Final = "/api/v1/auth/audit"
_PAGE: Final = 100
_VERIFY_S: Final = 610.0
"""What the service takes at most, and a little."""


class _Time(click.DateTime):
    """A time as people write it; click's own shows them the patterns of strptime."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"])

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002 - click's signature
        """Name it in help."""
        return "WHEN"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read it."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is no time such as 2026-01-31 or '2026-01-31 14:30'", param, ctx)


_TIME: Final = _Time()


@examples(
    "ai4v audit list --since 2026-01-31",
    "ai4v audit verify",
)
@click.group()
def audit() -> None:
    """Read and verify the log of accounts, keys, roles and refusals."""


@examples(
    "ai4v audit list --action key.create --since 2026-01-31",
    "ai4v audit list --limit 500 --json",
)
@audit.command("list")
@gathered("--actor", "user:ID, key:ID, cli, gateway or anonymous.")
@gathered("--action", "What was done, such as key.create.")
@gathered("--target", "What it was done to: key:ID, user:ID, role:NAME.")
@gathered("--since", "Not before, UTC: 2026-01-31, or '2026-01-31 14:30'.", kind=_TIME)
@gathered("--until", "Before, UTC.", kind=_TIME)
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    help="Events at most.",
)
@json_option
def list_events(limit: int, *, as_json: bool) -> None:
    """List events, newest first. Signs in as the administrator."""
    query = {name: _write(value) for name, value in find_gathered().items()}
    with open_gateway_as_administrator(Settings.load()) as gateway:
        events = _list(gateway, query, limit)
    if as_json:
        print_json([event.model_dump(mode="json") for event in events])
    else:
        print_table(
            ("", "when (UTC)", "action", "outcome", "actor", "target", "address"),
            [_row(event) for event in events],
        )


@examples(
    "ai4v audit verify",
    "ai4v audit verify --heads head.jsonl",
)
@audit.command()
@click.option(
    "--heads",
    "head_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Signed heads to compare with, such as a copy kept elsewhere.  [default: the platform's]",
)
@json_option
def verify(head_file: Path | None, *, as_json: bool) -> None:
    """Follow the log from its first event; the status is 1 when it is not as it was written.

    Finds events that were changed, deleted or moved, and by the signed heads that the end is
    missing or all of it was made anew. Needs the data folder and the platform up.
    """
    body = {} if head_file is None else {"heads": _read_heads(head_file)}
    settings = Settings.load()
    limit_s = max(settings.timeout_s, _VERIFY_S)
    patience = Patience(limit_s, advice=f"for more set AI4V_TIMEOUT_S to over {limit_s:g}")
    verdict = ask_auth(settings, "/internal/audit/verify", Verdict, body=body, patience=patience)
    if as_json:
        print_json(verdict.model_dump(mode="json") | {"ok": verdict.is_good})
    else:
        click.echo(_describe(verdict))
    if not verdict.is_good:
        sys.exit(1)


@examples("ai4v audit export -o audit.jsonl")
@audit.command()
@click.option(
    "-o", "--output", type=click.File("w", "utf-8", atomic=True), default="-", help="A file."
)
def export(output: IO[str]) -> None:
    """Write all events, oldest first, one JSON object a line, as they are chained.

    Needs the data folder and the platform up.
    """
    for line in read_lines_of_auth(Settings.load(), "/internal/audit/events"):
        click.echo(line, file=output)


def _list(gateway: Gateway, query: dict[str, str], limit: int) -> list[AuditEvent]:
    events: list[AuditEvent] = []
    while True:
        size = str(min(_PAGE, limit - len(events)))
        page = gateway.ask("GET", _PATH, AuditList, query=query | {"limit": size})
        events.extend(page.events)
        if page.next_before is None or len(events) >= limit:
            return events
        query = query | {"before": str(page.next_before)}


def _row(event: AuditEvent) -> tuple[str, ...]:
    return (
        str(event.sequence),
        f"{event.at:%Y-%m-%d %H:%M:%S}",
        event.action,
        event.outcome,
        event.actor,
        event.target,
        event.address or "",
    )


def _read_heads(path: Path) -> list[str]:
    lines = path.read_text("utf-8", errors="replace").splitlines()
    if len(lines) > HEADS_AT_ONCE:
        raise CommandError(f"{path} has more than {HEADS_AT_ONCE} heads: give a part of it")
    return lines


def _describe(verdict: Verdict) -> str:
    counts = f"{verdict.rows} events, {verdict.heads} signed heads"
    if verdict.unreadable_heads:
        counts += f", {verdict.unreadable_heads} unreadable lines among the heads"
    if verdict.bad_sequence is not None:
        return f"BROKEN at event {verdict.bad_sequence}: {verdict.fault}; before it {counts}"
    if verdict.forged_heads:
        return f"BROKEN: {verdict.forged_heads} heads are not signed by this platform; {counts}"
    return f"OK: {counts}"


def _write(value: object) -> str:
    return value.replace(tzinfo=UTC).isoformat() if isinstance(value, datetime) else str(value)
