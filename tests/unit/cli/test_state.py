from pathlib import Path

import pytest

from ai4v.cli.state import State, UnitState, read_state, write_state

STATE = State(
    phase="ready",
    pid=7,
    is_first_run=True,
    units=(
        UnitState(
            name="auth",
            port=8081,
            address="http://127.0.0.1:8081",
            health="healthy",
            pid=8,
            restarts=2,
        ),
    ),
)


def test_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert write_state(tmp_path / "state.json", STATE)
    assert read_state(tmp_path / "state.json") == STATE


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"units": [{}]}', '{"units": []}'])
def test_damaged_state_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    assert read_state(path) is None


def test_missing_state_is_none(tmp_path: Path) -> None:
    assert read_state(tmp_path / "state.json") is None


def test_state_that_cannot_be_written_harms_nobody(tmp_path: Path) -> None:
    assert not write_state(tmp_path / "missing" / "state.json", STATE)
