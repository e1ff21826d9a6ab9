"""The signing keys' file: a new key in front, the one before kept, an old one dropped."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ai4v.cli.failure import CommandError
from ai4v.cli.secret import make_private_key
from ai4v.cli.signingkey import OVERLAP, rotate
from ai4v.services.auth.session.signingkey import SigningKeys
from tests.support.clock import ManualClock

_NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def _key_ids(path: Path) -> tuple[str, ...]:
    return SigningKeys(path.read_text, ManualClock()).key_ids


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "key"
    file.write_text(make_private_key())
    return file


def test_the_new_key_signs_and_the_one_before_checks(path: Path) -> None:
    (old,) = _key_ids(path)
    rotate(path, _NOW, is_leaked=False)
    new, kept = _key_ids(path)
    assert kept == old != new
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_oldest_is_dropped_when_its_tokens_have_ended(path: Path) -> None:
    rotate(path, _NOW, is_leaked=False)
    second, first = _key_ids(path)
    rotate(path, _NOW + OVERLAP, is_leaked=False)
    assert _key_ids(path)[1] == second
    assert first not in _key_ids(path)
    assert len(_key_ids(path)) == 2


def test_a_key_whose_tokens_are_good_is_not_dropped(path: Path) -> None:
    rotate(path, _NOW, is_leaked=False)
    before = path.read_text()
    with pytest.raises(CommandError, match="15 minutes"):
        rotate(path, _NOW + OVERLAP - timedelta(seconds=1), is_leaked=False)
    assert path.read_text() == before


def test_a_leaked_key_goes_at_once(path: Path) -> None:
    rotate(path, _NOW, is_leaked=False)
    known = _key_ids(path)
    rotate(path, _NOW, is_leaked=True)
    (only,) = _key_ids(path)
    assert only not in known


def test_without_a_file_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no signing key"):
        rotate(tmp_path / "key", _NOW, is_leaked=False)
    assert list(tmp_path.iterdir()) == []
