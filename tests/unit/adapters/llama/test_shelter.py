import os
import tempfile
from pathlib import Path

import pytest

from ai4v.adapters.llama.shelter import clear_shelters, open_shelter

_NOBODY = 2**22 + 1
"""More than the highest process id that Linux gives."""


def test_folder_is_for_this_user_alone_and_goes() -> None:
    with open_shelter() as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


def test_what_killed_processes_left_is_removed_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / f"ai4v-llama-{_NOBODY}-x"
    others = [tmp_path / f"ai4v-llama-{os.getpid()}-x", tmp_path / "ai4v-llama-y", tmp_path / "z"]
    for folder in (left, *others):
        folder.mkdir()
        (folder / "llama.sock").touch()
    clear_shelters()
    assert not left.exists()
    assert all(folder.exists() for folder in others)
