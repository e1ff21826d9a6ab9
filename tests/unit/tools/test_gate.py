from pathlib import Path

import pytest

from tools.gate import Gate, Outcome, read_report, run, summary


def report(path: Path, **counts: int) -> Path:
    shown = " ".join(f'{name}="{count}"' for name, count in counts.items())
    path.write_text(f"<testsuites><testsuite {shown}/></testsuites>", encoding="utf-8")
    return path


def test_a_complete_report_passes(tmp_path: Path) -> None:
    path = report(tmp_path / "a.xml", tests=3, failures=0, errors=0, skipped=0)
    assert read_report(path) == (True, "3 tests, 0 failed, 0 skipped")


@pytest.mark.parametrize("count", ["failures", "errors", "skipped"])
def test_a_test_that_did_not_pass_fails_the_report(tmp_path: Path, count: str) -> None:
    assert not read_report(report(tmp_path / "a.xml", **{"tests": 3, count: 1}))[0]


def test_a_report_without_tests_fails(tmp_path: Path) -> None:
    assert not read_report(report(tmp_path / "a.xml", tests=0))[0]
    assert read_report(tmp_path / "none.xml") == (False, "no report")


def test_a_gate_passes_when_its_command_does() -> None:
    assert run(Gate("good", ("python", "-c", "pass"))).is_passed
    outcome = run(Gate("bad", ("python", "-c", "raise SystemExit(3)")))
    assert (outcome.is_passed, outcome.note) == (False, "status 3")


def test_a_report_of_an_earlier_run_is_not_believed(tmp_path: Path) -> None:
    path = report(tmp_path / "a.xml", tests=3)
    assert not run(Gate("stale", ("python", "-c", "pass"), path)).is_passed


def test_the_summary_names_what_failed() -> None:
    gates = [Gate("first", ()), Gate("second", ())]
    good = Outcome(gates[0], is_passed=True, duration_s=1, note="")
    bad = Outcome(gates[1], is_passed=False, duration_s=2, note="status 1")
    assert summary([good, bad]).endswith("FAILED: second")
    assert summary([good]).endswith("all gates passed")
