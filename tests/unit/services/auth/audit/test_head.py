"""Heads are signed, added at once, and believed only with our signature."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ai4v.services.auth.audit.chain import Link
from ai4v.services.auth.audit.head import (
    HeadFile,
    Heads,
    HeadSigner,
    read_heads,
    write_public_key,
)
from tests.support.key import KeyPair

_NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def signer() -> HeadSigner:
    return HeadSigner(KeyPair().private.get_secret_value())


def _end(sequence: int, digit: str = "a") -> Link:
    return Link(sequence, digit * 64)


def test_heads_are_added_and_read(tmp_path: Path, signer: HeadSigner) -> None:
    path = tmp_path / "audit" / "heads.jsonl"
    file = HeadFile(path)
    assert file.read_lines() == []
    for sequence in (3, 7):
        file.append(signer.sign(_end(sequence), _NOW))
    heads = read_heads(file.read_lines(), write_public_key(signer.public_key))
    assert heads.hashes == {3: "a" * 64, 7: "a" * 64}
    assert heads.last is not None
    assert heads.last.sequence == 7
    assert (heads.count, heads.unreadable, heads.forged) == (2, 0, 0)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_torn_line_spoils_no_other(tmp_path: Path, signer: HeadSigner) -> None:
    path = tmp_path / "heads.jsonl"
    file = HeadFile(path)
    file.append(signer.sign(_end(1), _NOW))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:40])
    file.append(signer.sign(_end(2), _NOW))
    heads = Heads(file.read_lines(), signer.public_key)
    assert set(heads.hashes) == {1, 2}
    assert (heads.unreadable, heads.forged) == (1, 0)


def test_what_we_have_not_signed_is_told(signer: HeadSigner) -> None:
    good = signer.sign(_end(5), _NOW)
    other = HeadSigner(KeyPair().private.get_secret_value()).sign(_end(5), _NOW)
    for forged in (
        other,
        good.model_copy(update={"sequence": 6}),
        good.model_copy(update={"hash": "b" * 64}),
        good.model_copy(update={"at": datetime(2026, 1, 2, tzinfo=UTC)}),
        good.model_copy(update={"signature": "no base64"}),
    ):
        heads = Heads([forged.model_dump_json()], signer.public_key)
        assert (heads.count, heads.forged) == (0, 1)


def test_heads_that_contradict_each_other_vouch_for_no_row(signer: HeadSigner) -> None:
    lines = [signer.sign(_end(5, digit), _NOW).model_dump_json() for digit in "ab"]
    assert Heads(lines, signer.public_key).hashes[5] not in {"a" * 64, "b" * 64}
