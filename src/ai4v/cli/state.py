"""What the supervisor tells the other commands, in `run/state.json`."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from ai4v.cli.layout import write_private

Phase = Literal["starting", "ready", "stopping"]


@dataclass(frozen=True, slots=True)
class UnitState:
    """One process that the supervisor keeps running."""

    name: str
    port: int
    address: str
    health: str
    """healthy, degraded, unhealthy, starting, or down when there is no process."""
    pid: int | None
    restarts: int


@dataclass(frozen=True, slots=True)
class State:
    """The platform as the supervisor sees it."""

    phase: Phase
    pid: int
    """The supervisor's."""
    is_first_run: bool
    """Whether this start made the first administrator and key."""
    units: Sequence[UnitState]


def write_state(path: Path, state: State) -> bool:
    """Replace the file at once; false where that cannot be, as on a full disk."""
    try:
        write_private(path, json.dumps(asdict(state), indent=2) + "\n")
    except OSError:
        return False
    return True


def read_state(path: Path) -> State | None:
    """Return what is recorded; None when nothing is. It may be of a supervisor that was killed."""
    try:
        content = json.loads(path.read_text("utf-8"))
        units = tuple(UnitState(**unit) for unit in content.pop("units"))
        return State(units=units, **content)
    except (OSError, ValueError, KeyError, TypeError):
        return None
