"""Find what nothing calls: `python -m tools.deadcode` runs vulture and sorts its answer.

At the confidence where vulture sees unused functions, methods and classes, it also names every
field of a model and every member of an enumeration, which are read by name. Those are dropped;
ruff finds variables and arguments that are not used.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

_VULTURE: Final = Path(sys.executable).parent / "vulture"
_FOUND: Final = 3
_FIELD: Final = re.compile(r": unused (?:variable|attribute) ")


def main() -> int:
    """Print what is dead; return 0 when nothing is."""
    finished = subprocess.run([_VULTURE], capture_output=True, text=True, check=False)
    if finished.returncode not in {0, _FOUND}:
        print(finished.stdout, finished.stderr)
        return finished.returncode
    dead = without_fields(finished.stdout)
    print("\n".join([*dead, f"deadcode: {len(dead)} findings"]))
    return 1 if dead else 0


def without_fields(answer: str) -> list[str]:
    """Keep vulture's lines on functions, methods, classes, imports and unreachable code."""
    return [line for line in answer.splitlines() if line and not _FIELD.search(line)]


if __name__ == "__main__":
    sys.exit(main())
