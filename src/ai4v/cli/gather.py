"""Options of commands that have more of them than a function should have arguments."""

from collections.abc import Callable
from typing import TypeVar

import click

_KEY = f"{__name__}.values"
_CommandT = TypeVar("_CommandT", bound=Callable[..., object])


def gathered(
    name: str,
    help_text: str,
    *,
    kind: click.Choice[str] | click.DateTime | type[int] | None = None,
    is_multiple: bool = False,
) -> Callable[[_CommandT], _CommandT]:
    """Declare an option that the command finds by `find_gathered`, not among its arguments.

    Args:
        name: with its dashes.
        help_text: what it does.
        kind: of its value; text unless said.
        is_multiple: it may be given several times.
    """
    return click.option(
        name, help=help_text, type=kind, multiple=is_multiple, expose_value=False, callback=_keep
    )


def find_gathered() -> dict[str, object]:
    """Return what was given of the gathered options, by their names."""
    found = click.get_current_context().meta.get(_KEY, {})
    return dict(found)


def _keep(context: click.Context, parameter: click.Parameter, value: object) -> object:
    if value not in (None, ()):
        context.meta.setdefault(_KEY, {})[parameter.name] = value
    return value
