"""`ai4v keys`: the administrator's API keys."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

import click

from ai4v.cli.administrator import open_gateway_as_administrator
from ai4v.cli.choice import PERMISSION
from ai4v.cli.example import examples
from ai4v.cli.failure import CommandError
from ai4v.cli.gather import find_gathered, gathered
from ai4v.cli.output import json_option, print_json, print_table
from ai4v.cli.paging import read_pages
from ai4v.cli.settings import Settings
from ai4v.contracts.apikey import CreatedKey, KeyList, KeyView

_PATH: Final = "/api/v1/auth/keys"
_CommandT = TypeVar("_CommandT", bound=Callable[..., object])
_LIMITS: Final = {
    "per_minute": ("Requests a minute.", "60"),
    "burst": ("Requests at once.", "as many as a minute"),
    "per_hour": ("Requests an hour.", "1000"),
    "per_day": ("Requests a day.", "10000"),
    "audio_s_per_day": ("Seconds of audio heard a day.", "36000"),
    "characters_per_day": ("Characters translated or spoken a day.", "1000000"),
}
"""What each limits, and what it is for a key that is made without."""
_SCOPE: Final = {
    "scope-service": "Only this service: asr, tts, nmt, pipeline.",
    "task": "Only this task: asr, translation, tts, ...",
    "language": "Only this language.",
    "model": "Only this model.",
    "network": "Only from this block of addresses, such as 203.0.113.0/24.",
}
_SCOPE_FIELDS: Final = {
    "scope_service": "services",
    "task": "tasks",
    "language": "languages",
    "model": "models",
}
_PERMISSION_HELP: Final = "What it may do.  [default: use the platform's tasks]"


@examples(
    "ai4v keys create --name demo",
    "ai4v keys list",
)
@click.group()
def keys() -> None:
    """Make, change, rotate, list and revoke API keys.

    Signs in as the administrator: with AI4V_ADMIN_PASSWORD, else with the password of the first
    start, else it asks.
    """


def _limits(command: _CommandT) -> _CommandT:
    for name, (help_text, _) in reversed(_LIMITS.items()):
        command = gathered(_spell(name), help_text, kind=int)(command)
    return command


def _first_limits(command: _CommandT) -> _CommandT:
    for name, (help_text, default) in reversed(_LIMITS.items()):
        told = f"{help_text}  [default: {default}]"
        command = gathered(_spell(name), told, kind=int)(command)
    return command


def _spell(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _scope(command: _CommandT) -> _CommandT:
    for name, help_text in reversed(_SCOPE.items()):
        command = gathered(f"--{name}", f"{help_text} Repeatable.", is_multiple=True)(command)
    return command


@examples(
    "ai4v keys create --name demo",
    "ai4v keys create --name kiosk --scope-service tts --language ta --days 30 --per-minute 10",
)
@keys.command()
@click.option("--name", required=True, help="What the key is for.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it expires.")
@gathered("--permission", f"{_PERMISSION_HELP} Repeatable.", kind=PERMISSION, is_multiple=True)
@_scope
@_first_limits
@json_option
def create(name: str, days: int | None, *, as_json: bool) -> None:
    """Make a key. It is shown this once; only its hash is stored."""
    body = {"name": name, **_read_bounds(), **_read_end(days)}
    with open_gateway_as_administrator(Settings.load()) as gateway:
        key = gateway.ask("POST", _PATH, CreatedKey, body=body)
        _show_new(key, as_json=as_json)


@examples("ai4v keys show 0198c0de-0000-7000-8000-000000000001")
@keys.command()
@click.argument("key_id", metavar="ID", type=click.UUID)
@json_option
def show(key_id: UUID, *, as_json: bool) -> None:
    """Show the key with this ID: what it is for and what it may; never the key itself."""
    with open_gateway_as_administrator(Settings.load()) as gateway:
        key = gateway.ask("GET", f"{_PATH}/{key_id}", KeyView)
    _show(key, as_json=as_json)


@examples("ai4v keys update 0198c0de-0000-7000-8000-000000000001 --name kiosk --per-day 500")
@keys.command()
@click.argument("key_id", metavar="ID", type=click.UUID)
@click.option("--name", help="What the key is for.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it expires; not more.")
@_scope
@_limits
@json_option
def update(key_id: UUID, name: str | None, days: int | None, *, as_json: bool) -> None:
    """Change the key with this ID; what is not given stays."""
    body = {**({"name": name} if name else {}), **_read_bounds(), **_read_end(days)}
    if not body:
        raise CommandError("say what is to be changed; see ai4v keys update --help")
    with open_gateway_as_administrator(Settings.load()) as gateway:
        key = gateway.ask("PATCH", f"{_PATH}/{key_id}", KeyView, body=body)
    _show(key, as_json=as_json)


@examples("ai4v keys rotate 0198c0de-0000-7000-8000-000000000001 --overlap-hours 1")
@keys.command()
@click.argument("key_id", metavar="ID", type=click.UUID)
@click.option(
    "--overlap-hours",
    type=click.FloatRange(0, 168),
    default=24.0,
    show_default=True,
    help="How long the old key stays good.",
)
@json_option
def rotate(key_id: UUID, overlap_hours: float, *, as_json: bool) -> None:
    """Make a key like the one with this ID, which ends when the overlap is over."""
    body = {"overlap_s": round(overlap_hours * 3600)}
    with open_gateway_as_administrator(Settings.load()) as gateway:
        key = gateway.ask("POST", f"{_PATH}/{key_id}/rotate", CreatedKey, body=body)
        _show_new(key, as_json=as_json)


@examples(
    "ai4v keys list",
    "ai4v keys list --all --json",
)
@keys.command("list")
@click.option("--all", "is_all", is_flag=True, help="Everybody's keys, not the administrator's.")
@json_option
def list_keys(*, is_all: bool, as_json: bool) -> None:
    """List keys, newest first, the revoked ones too; never the keys themselves."""
    with open_gateway_as_administrator(Settings.load()) as gateway:
        query = {"all": "true"} if is_all else {}
        found = [key for page in read_pages(gateway, _PATH, KeyList, query) for key in page.keys]
    if as_json:
        print_json([key.model_dump(mode="json") for key in found])
        return
    print_table(
        ("id", "name", "key begins", "state", "created", "last used"),
        [
            (
                str(key.id),
                key.name,
                key.prefix,
                _describe(key),
                f"{key.created_at:%Y-%m-%d %H:%M}",
                f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "",
            )
            for key in found
        ],
    )


@examples("ai4v keys revoke 0198c0de-0000-7000-8000-000000000001")
@keys.command()
@click.argument("key_id", metavar="ID", type=click.UUID)
@json_option
def revoke(key_id: UUID, *, as_json: bool) -> None:
    """Revoke the key with this ID (from `ai4v keys list`); it is refused from now on."""
    with open_gateway_as_administrator(Settings.load()) as gateway:
        gateway.delete(f"{_PATH}/{key_id}")
    if as_json:
        print_json({"id": str(key_id), "revoked": True})
    else:
        click.echo(f"revoked {key_id}")


def _read_bounds() -> dict[str, object]:
    """Return what the gathered options say, as the service is asked for it."""
    given = find_gathered()
    limits = {name: given[name] for name in _LIMITS if name in given}
    scope = {field: given[name] for name, field in _SCOPE_FIELDS.items() if name in given}
    bounds = {
        "limits": limits,
        "scope": scope,
        "networks": given.get("network"),
        "permissions": given.get("permission"),
    }
    return {name: value for name, value in bounds.items() if value}


def _read_end(days: int | None) -> dict[str, object]:
    if days is None:
        return {}
    return {"expires_at": (datetime.now(UTC) + timedelta(days=days)).isoformat()}


def _show_new(key: CreatedKey, *, as_json: bool) -> None:
    """Print a new key: at once, before signing out, since nobody can ask for it again."""
    if as_json:
        print_json(key.model_dump(mode="json"))
    else:
        click.echo(f"{key.key}")
        click.echo(f"key {key.name}, id {key.id}: shown this once", err=True)


def _show(key: KeyView, *, as_json: bool) -> None:
    if as_json:
        print_json(key.model_dump(mode="json"))
        return
    limits = key.limits.model_dump(exclude_none=True)
    scope = [value for values in key.scope.model_dump().values() for value in values]
    for title, value in (
        ("id", str(key.id)),
        ("name", key.name),
        ("key begins", key.prefix),
        ("state", _describe(key)),
        ("expires", f"{key.expires_at:%Y-%m-%d %H:%M}" if key.expires_at else "never"),
        ("permissions", ", ".join(key.permissions)),
        ("only for", ", ".join(scope) or "everything"),
        ("only from", ", ".join(key.networks) or "anywhere"),
        ("limits", ", ".join(f"{value} {name}" for name, value in limits.items())),
    ):
        click.echo(f"{title:<12} {value}")


def _describe(key: KeyView) -> str:
    if key.revoked_at:
        return "revoked"
    if key.expires_at and key.expires_at <= datetime.now(UTC):
        return "expired"
    return "good"
