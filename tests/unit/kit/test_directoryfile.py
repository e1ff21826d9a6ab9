"""What is written down of a directory, and what is believed of it."""

import stat
from pathlib import Path

import pytest

from ai4v.kit.directoryfile import DirectoryFile
from tests.conformance.registry import ASR_1, ASR_2, AUTH
from tests.support.clock import ManualClock

_KNOWN = {"asr": (ASR_1, ASR_2), "auth": (AUTH,)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "directory.json"


def test_what_is_saved_is_loaded(path: Path) -> None:
    file = DirectoryFile(path)
    file.save({"asr": (ASR_2,)})
    file.save(_KNOWN)
    assert file.load() == _KNOWN
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_nothing_was_saved(path: Path) -> None:
    assert DirectoryFile(path).load() == {}


def test_what_is_old_is_not_believed(path: Path) -> None:
    clock = ManualClock()
    file = DirectoryFile(path, max_age_s=3_600, clock=clock)
    file.save(_KNOWN)
    clock.jump(-7_200)
    assert file.load() == _KNOWN
    clock.jump(7_200 + 3_600)
    assert file.load() == _KNOWN
    clock.jump(1)
    assert file.load() == {}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"savedAt": 1}',
        b'{"savedAt": "x", "services": {}}',
        b'{"savedAt": 1, "services": []}',
        b'{"savedAt": 1, "services": {"asr": [["a"]]}}',
        b'{"savedAt": 1, "services": {"asr": 7}}',
    ],
)
def test_what_is_broken_is_not_believed(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert DirectoryFile(path).load() == {}


def test_a_disk_that_refuses_harms_nobody(tmp_path: Path) -> None:
    file = DirectoryFile(tmp_path / "missing" / "directory.json")
    file.save(_KNOWN)
    assert file.load() == {}
