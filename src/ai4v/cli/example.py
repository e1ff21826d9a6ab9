"""Examples at the end of a command's help."""

from collections.abc import Callable
from typing import TypeVar

import click

_CommandT = TypeVar("_CommandT", bound=click.Command)


def examples(*lines: str) -> Callable[[_CommandT], _CommandT]:
    """Show in a command's help how it is called, line by line as one types it (a decorator)."""

    def add(command: _CommandT) -> _CommandT:
        raw = "\b"  # click keeps the lines of such a paragraph
        command.epilog = "\n".join((raw, "Examples:", *(f"  {line}" for line in lines)))
        return command

    return add
