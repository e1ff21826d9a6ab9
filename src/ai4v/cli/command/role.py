"""`ai4v roles`: what each role may do."""

from collections.abc import Callable
from typing import Final

import click

from ai4v.cli.administrator import open_gateway_as_administrator
from ai4v.cli.choice import PERMISSION, ROLE
from ai4v.cli.example import examples
from ai4v.cli.output import json_option, print_json
from ai4v.cli.settings import Settings
from ai4v.contracts.permission import Permission
from ai4v.contracts.roletable import RoleList, RoleView

_PATH: Final = "/api/v1/auth/roles"
Permissions = frozenset[Permission]


@examples("ai4v roles list")
@click.group()
def roles() -> None:
    """List and change what each role may do.

    Signs in as the administrator: with AI4V_ADMIN_PASSWORD, else with the password of the first
    start, else it asks.
    """


@examples("ai4v roles list")
@roles.command("list")
@json_option
def list_roles(*, as_json: bool) -> None:
    """List the roles and their permissions."""
    with open_gateway_as_administrator(Settings.load()) as gateway:
        found = gateway.ask("GET", _PATH, RoleList).roles
    if as_json:
        print_json([role.model_dump(mode="json") for role in found])
        return
    for role in found:
        _show(role)


@examples("ai4v roles grant guest tts:use")
@roles.command()
@click.argument("role", type=ROLE)
@click.argument("permissions", metavar="PERMISSION...", nargs=-1, required=True, type=PERMISSION)
@json_option
def grant(role: str, permissions: tuple[str, ...], *, as_json: bool) -> None:
    """Let a role do more; it holds at once for everybody who has it."""
    more = frozenset(map(Permission, permissions))
    _change(role, lambda held: held | more, as_json=as_json)


@examples("ai4v roles revoke guest tts:use")
@roles.command()
@click.argument("role", type=ROLE)
@click.argument("permissions", metavar="PERMISSION...", nargs=-1, required=True, type=PERMISSION)
@json_option
def revoke(role: str, permissions: tuple[str, ...], *, as_json: bool) -> None:
    """Let a role do less; it holds at once for everybody who has it, and for their keys."""
    less = frozenset(map(Permission, permissions))
    _change(role, lambda held: held - less, as_json=as_json)


def _change(name: str, change: Callable[[Permissions], Permissions], *, as_json: bool) -> None:
    with open_gateway_as_administrator(Settings.load()) as gateway:
        found = gateway.ask("GET", _PATH, RoleList).roles
        held = next(role.permissions for role in found if role.role == name)
        body = {"permissions": sorted(change(held))}
        role = gateway.ask("PUT", f"{_PATH}/{name}", RoleView, body=body)
    if as_json:
        print_json(role.model_dump(mode="json"))
    else:
        _show(role)


def _show(role: RoleView) -> None:
    click.echo(f"{role.role}\n  {' '.join(sorted(role.permissions)) or 'nothing'}")
