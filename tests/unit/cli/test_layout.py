import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai4v.cli.failure import CommandError
from ai4v.cli.layout import Layout, write_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        yield Path(name)


def test_folders_are_closed_to_everyone_else(folder: Path) -> None:
    layout = Layout(folder / "data")
    layout.create()
    layout.create()
    closed = (layout.secrets, layout.logs, layout.run, layout.valkey, layout.directory)
    assert {mode(path) for path in closed} == {0o700}
    assert mode(layout.data_dir) == (0o701 if os.geteuid() == 0 else 0o700)


def test_unusable_data_folder_is_named(folder: Path) -> None:
    file = folder / "file"
    file.touch()
    with pytest.raises(CommandError, match=f"the data folder {file} cannot be used"):
        Layout(file).create()


def test_private_file_is_replaced_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert path.read_text() == "new"
    assert mode(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]
