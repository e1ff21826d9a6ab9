"""Run the gates in order, every one of them, and sum up: `python -m tools.gate check|test`.

`check` runs the static gates, then the unit tests with sockets closed. `test` adds every other
test, measures branch coverage over all of them, and compares it with the ratchet.

A gate that fails does not stop those after it, so that one run shows all there is to mend; the
exit status is 1 when any failed.
"""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

_BIN: Final = Path(sys.executable).parent
_REPORTS: Final = Path(".cache/report")
_WORKERS: Final = "2"


@dataclass(frozen=True, slots=True)
class Gate:
    """One command that must succeed."""

    name: str
    command: tuple[str, ...]
    """A console script of the environment, and its arguments."""
    report: Path | None = None
    """Where the command writes its JUnit report, if it runs tests."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one gate."""

    gate: Gate
    is_passed: bool
    duration_s: float
    note: str


def tests(name: str, *arguments: str) -> Gate:
    """Make a gate that runs pytest."""
    report = _REPORTS / f"{name}.xml"
    return Gate(name, ("pytest", *arguments, f"--junitxml={report}"), report)


LINTS: Final = (
    Gate("ruff check", ("ruff", "check", ".")),
    Gate("ruff format", ("ruff", "format", "--check", ".")),
    Gate("mypy", ("mypy",)),
    Gate("import-linter", ("lint-imports",)),
    Gate("deptry", ("deptry", "src")),
    Gate("vulture", ("python", "-m", "tools.deadcode")),
    Gate("repolint", ("python", "-m", "tools.repolint")),
    Gate("openapi", ("python", "-m", "tools.openapi", "--check")),
    Gate("languages", ("python", "-m", "tools.language", "--check")),
)
_UNIT: Final = ("tests/unit", "-n", _WORKERS, "--disable-socket", "--allow-unix-socket")
_OTHERS: Final = ("tests", "--ignore=tests/unit")
_COVERAGE: Final = ("--cov", "--cov-report=")
UNIT: Final = tests("unit", *_UNIT)
ALL: Final = (
    tests("unit", *_UNIT, *_COVERAGE),
    tests(
        "platform",
        *(*_OTHERS, "-m", "not connected", "-n", _WORKERS, *_COVERAGE, "--cov-append"),
    ),
    tests("connected", *_OTHERS, "-m", "connected", *_COVERAGE, "--cov-append"),
    Gate("coverage", ("python", "-m", "tools.ratchet")),
)
PLANS: Final = {
    "lint": LINTS,
    "unit": (UNIT,),
    "check": (*LINTS, UNIT),
    "test": (*LINTS, *ALL),
}


def main(arguments: list[str]) -> int:
    """Run the plan that the one argument names."""
    if len(arguments) != 1 or arguments[0] not in PLANS:
        print(f"usage: python -m tools.gate {'|'.join(PLANS)}", file=sys.stderr)
        return 2
    _REPORTS.mkdir(parents=True, exist_ok=True)
    outcomes = [run(gate) for gate in PLANS[arguments[0]]]
    print(summary(outcomes), flush=True)
    return 0 if all(outcome.is_passed for outcome in outcomes) else 1


def run(gate: Gate) -> Outcome:
    """Run one gate, its output shown as it comes."""
    print(f"\n== {gate.name}", flush=True)
    if gate.report is not None:
        gate.report.unlink(missing_ok=True)
    began = time.monotonic()
    status = subprocess.run(
        [str(_BIN / gate.command[0]), *gate.command[1:]], check=False
    ).returncode
    duration_s = time.monotonic() - began
    if gate.report is None:
        return Outcome(gate, status == 0, duration_s, "" if status == 0 else f"status {status}")
    is_complete, note = read_report(gate.report)
    return Outcome(gate, status == 0 and is_complete, duration_s, note)


def read_report(path: Path) -> tuple[bool, str]:
    """Tell whether tests ran and none was left out, and say how many there were."""
    if not path.exists():
        return False, "no report"
    suite = ET.parse(path).getroot().find("testsuite")  # noqa: S314 - pytest wrote it
    if suite is None:
        return False, "no report"
    ran, skipped = int(suite.get("tests", "0")), int(suite.get("skipped", "0"))
    failed = int(suite.get("failures", "0")) + int(suite.get("errors", "0"))
    note = f"{ran} tests, {failed} failed, {skipped} skipped"
    return ran > 0 and failed == 0 and skipped == 0, note


def summary(outcomes: list[Outcome]) -> str:
    """Render one line a gate, and the verdict."""
    lines = ["", "== summary"]
    for outcome in outcomes:
        verdict = "ok" if outcome.is_passed else "FAILED"
        lines.append(
            f"{outcome.gate.name:<14} {verdict:<7} {outcome.duration_s:7.1f} s  {outcome.note}"
        )
    failed = [outcome.gate.name for outcome in outcomes if not outcome.is_passed]
    lines.append(f"FAILED: {', '.join(failed)}" if failed else "all gates passed")
    return "\n".join(line.rstrip() for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
