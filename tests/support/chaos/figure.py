"""The figures of a run: printed, and kept for a report."""

import json
import sys
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).parents[3] / ".cache" / "report" / "chaos.jsonl"


def tell(promise: str, **figures: float | str) -> None:
    """Say what a promise's test measured, e.g. `tell("R4", p99_ms=12.0, errors=0)`."""
    _FILE.parent.mkdir(parents=True, exist_ok=True)
    with _FILE.open("a") as file:
        file.write(json.dumps({"promise": promise, **figures}) + "\n")
    shown = ", ".join(f"{name} {_round(value)}" for name, value in figures.items())
    sys.stderr.write(f"\n{promise}: {shown}\n")


def _round(value: float | str) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
