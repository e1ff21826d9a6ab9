import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai4v.adapters.postgres.runtime import Account, EmbeddedPostgresError, Runtime, require_entry

STRANGER = Account(uid=4_000_000, gid=4_000_000)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        folder.chmod(0o711)
        yield folder


def test_open_folder_can_be_entered(open_folder: Path) -> None:
    require_entry(open_folder, STRANGER)


def test_closed_folder_is_named(open_folder: Path) -> None:
    closed = open_folder / "closed"
    below = closed / "below"
    below.mkdir(parents=True)
    closed.chmod(0o700)
    with pytest.raises(EmbeddedPostgresError, match=f"cannot enter {closed}: choose"):
        require_entry(below, STRANGER)


def test_command_gives_up_root_and_dies_with_its_parent() -> None:
    command = Runtime(Path("/runtime"), Account(7, 8)).command("postgres", "-D", "/data")
    assert command[0].endswith("setpriv")
    assert command[1:6] == ("--reuid", "7", "--regid", "8", "--clear-groups")
    assert command[6:] == (
        *("--no-new-privs", "--pdeathsig", "KILL", "--"),
        *("/runtime/postgres", "-D", "/data"),
    )


def test_command_without_account_keeps_the_user() -> None:
    assert "--reuid" not in Runtime(Path("/runtime"), None).command("postgres")
