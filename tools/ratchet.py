"""Branch coverage only rises: `python -m tools.ratchet` compares, `--raise` lifts the floor.

The floor is a percentage in tools/coverage-floor.txt. It is lifted to a little under what was
measured, because property tests and scheduling move the figure by a branch or two. A floor below
one that history holds is refused too.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

_BIN: Final = Path(sys.executable).parent
_FLOOR: Final = Path("tools/coverage-floor.txt")
_SLACK: Final = 0.5


def main(arguments: list[str]) -> int:
    """Compare what was measured with the floor, or lift the floor to it."""
    measured = float(_output(str(_BIN / "coverage"), "report", "--format=total", "--precision=2"))
    floor = float(_FLOOR.read_text(encoding="ascii"))
    if arguments == ["--raise"]:
        floor = max(floor, lifted(measured))
        _FLOOR.write_text(f"{floor}\n", encoding="ascii")
    complaint = verdict(measured, floor, highest_committed())
    print(complaint or f"coverage: {measured} %, floor {floor} %")
    if not complaint and lifted(measured) > floor:
        print("coverage: rose: lift the floor with `make coverage-floor`")
    return 1 if complaint else 0


def lifted(measured: float) -> float:
    """Return the floor that `measured` allows, to one decimal."""
    return max(0.0, int((measured - _SLACK) * 10) / 10)


def verdict(measured: float, floor: float, highest: float) -> str:
    """Say what is wrong; empty when nothing is."""
    if measured < floor:
        return f"coverage: {measured} % is under the floor of {floor} %"
    if floor < highest:
        return f"coverage: the floor of {floor} % was {highest} % before: it only rises"
    return ""


def highest_committed() -> float:
    """Return the highest floor in the history at hand; 0 when there is none."""
    commits = _output("git", "log", "--format=%H", "--diff-filter=AM", "--", str(_FLOOR)).split()
    return max(
        (float(_output("git", "show", f"{commit}:{_FLOOR}")) for commit in commits), default=0
    )


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
