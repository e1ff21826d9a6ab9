from pathlib import Path

import pytest

from ai4v.cli.failure import CommandError
from ai4v.cli.hold import DataHold, is_held
from ai4v.cli.layout import Layout
from ai4v.cli.state import State, write_state


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.run.mkdir()
    return layout


def test_second_hold_is_refused_and_names_the_first(layout: Layout) -> None:
    write_state(layout.state_file, State(phase="ready", pid=4711, is_first_run=False, units=()))
    with (
        DataHold(layout),
        pytest.raises(CommandError, match=r"already runs on .* \(pid 4711\)"),
        DataHold(layout),
    ):
        pass


def test_hold_ends_with_its_block_and_leaves_no_file(layout: Layout) -> None:
    assert not is_held(layout)
    with DataHold(layout):
        assert is_held(layout)
    assert not is_held(layout)
    assert list(layout.run.iterdir()) == []


def test_folder_that_was_never_used_is_not_held(tmp_path: Path) -> None:
    assert not is_held(Layout(tmp_path / "never"))
