"""`ai4v keys`: the administrator's API keys."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import click

from ai4v.cli.client import Gateway, open_gateway_as_administrator
from ai4v.cli.output import json_option, print_json, print_table
from ai4v.cli.settings import Settings
from ai4v.contracts.apikey import CreatedKey, KeyList, KeyView

_PATH = "/api/v1/auth/keys"


@click.group()
def keys() -> None:
    """Make, list and revoke API keys.

    Signs in as the administrator: with AI4V_ADMIN_PASSWORD, else with the password of the first
    start, else it asks.
    """


@keys.command()
@click.option("--name", required=True, help="What the key is for.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it expires.")
@click.option("--per-minute", type=int, help="Requests a minute.  [default: 60]")
@click.option("--per-hour", type=int, help="Requests an hour.  [default: 1000]")
@click.option("--per-day", type=int, help="Requests a day.  [default: 10000]")
@json_option
def create(
    name: str,
    days: int | None,
    per_minute: int | None,
    per_hour: int | None,
    per_day: int | None,
    *,
    as_json: bool,
) -> None:
    """Make a key. It is shown this once; only its hash is stored."""
    asked = {"per_minute": per_minute, "per_hour": per_hour, "per_day": per_day}
    limits = {field: value for field, value in asked.items() if value is not None}
    body: dict[str, object] = {"name": name, "limits": limits}
    if days is not None:
        body["expires_at"] = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    with open_gateway_as_administrator(Settings.load()) as gateway:
        key = gateway.ask("POST", _PATH, CreatedKey, body=body)
    if as_json:
        print_json(key.model_dump(mode="json"))
    else:
        click.echo(f"{key.key}")
        click.echo(f"key {key.name}, id {key.id}: shown this once", err=True)


@keys.command("list")
@click.option("--all", "is_all", is_flag=True, help="Everybody's keys, not the administrator's.")
@json_option
def list_keys(*, is_all: bool, as_json: bool) -> None:
    """List keys, newest first, the revoked ones too; never the keys themselves."""
    with open_gateway_as_administrator(Settings.load()) as gateway:
        found = _list(gateway, is_all=is_all)
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


def _list(gateway: Gateway, *, is_all: bool) -> list[KeyView]:
    found: list[KeyView] = []
    query = {"all": "true"} if is_all else {}
    while True:
        page = gateway.ask("GET", _PATH, KeyList, query=query)
        found.extend(page.keys)
        if page.next_cursor is None:
            return found
        query = query | {"cursor": page.next_cursor}


def _describe(key: KeyView) -> str:
    if key.revoked_at:
        return "revoked"
    if key.expires_at and key.expires_at <= datetime.now(UTC):
        return "expired"
    return "good"
