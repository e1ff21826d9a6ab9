from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from ai4v.kit.seal import LEEWAY_S, Seal, read_secrets
from tests.support.clock import ManualClock

_SECRET = "the-secret-of-this-platform-is-long"
_OTHER = "the-secret-of-another-is-as-long-too"
_PLACE = "cache:credential:1"
_CONTENT = '{"principal": "आशा"}'.encode()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def seal(clock: ManualClock) -> Seal:
    return Seal(_SECRET, clock)


@pytest.fixture
def sealed(seal: Seal) -> bytes:
    return seal.close(_PLACE, _CONTENT, ttl_s=10)


def test_what_was_sealed_is_believed(seal: Seal, sealed: bytes) -> None:
    assert seal.open(_PLACE, sealed) == _CONTENT
    assert seal.open(_PLACE, seal.close(_PLACE, b"", ttl_s=1)) == b""
    assert seal.refused == 0


def test_others_with_the_secret_believe_it(clock: ManualClock, sealed: bytes) -> None:
    assert Seal(_SECRET, clock).open(_PLACE, sealed) == _CONTENT


def test_others_without_it_do_not(clock: ManualClock, sealed: bytes) -> None:
    assert Seal(_OTHER, clock).open(_PLACE, sealed) is None


@pytest.mark.parametrize("place", ["cache:credential:2", "channel:credential:1", "", _PLACE + "1"])
def test_what_was_moved_is_refused(seal: Seal, sealed: bytes, place: str) -> None:
    assert seal.open(place, sealed) is None


def test_nothing_flows_from_the_place_into_the_content(seal: Seal) -> None:
    sealed = seal.close("cache:a", b"bc", ttl_s=10)
    assert seal.open("cache:ab", sealed[:-2] + b"c") is None
    assert seal.open("cache:", sealed[:-2] + b"abc") is None


def test_what_was_altered_anywhere_is_refused(seal: Seal, sealed: bytes) -> None:
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        assert seal.open(_PLACE, bytes(altered)) is None, position
    assert seal.open(_PLACE, sealed + b" ") is None


def test_what_was_cut_off_is_refused(seal: Seal, sealed: bytes) -> None:
    for length in range(len(sealed)):
        assert seal.open(_PLACE, sealed[:length]) is None, length


@pytest.mark.parametrize("content", [b"revoked", b"{", b"\xff" * 200, b"0" * 76])
def test_what_was_never_sealed_is_refused(seal: Seal, content: bytes) -> None:
    assert seal.open(_PLACE, content) is None


def test_it_ends(seal: Seal, sealed: bytes, clock: ManualClock) -> None:
    clock.advance(10 + LEEWAY_S)
    assert seal.open(_PLACE, sealed) == _CONTENT
    clock.advance(0.001)
    assert seal.open(_PLACE, sealed) is None


def test_a_clock_that_is_a_little_late_believes_it(sealed: bytes) -> None:
    late = ManualClock()
    late.jump(-50)
    assert Seal(_SECRET, late).open(_PLACE, sealed) == _CONTENT


def test_the_log_is_told_once_and_of_no_content(seal: Seal, sealed: bytes) -> None:
    with capture_logs() as entries:
        for _ in range(3):
            assert seal.open("cache:credential:2", sealed) is None
        assert seal.open("channel:identity", b"forged") is None
    assert [(entry["log_level"], entry["kind"]) for entry in entries] == [
        ("warning", "cache"),
        ("warning", "channel"),
    ]
    assert "आशा" not in str(entries)
    assert "credential" not in str(entries)
    assert seal.refused == 4


def test_secrets_are_changed_without_a_gap(clock: ManualClock) -> None:
    """All know the new one first, then all use it, then the one before goes."""
    steps = [_SECRET, f"{_SECRET}\n{_OTHER}\n", f"{_OTHER}\n{_SECRET}\n", _OTHER]
    seals = [Seal(step, clock) for step in steps]
    for one, other in pairwise(seals):
        for writer, reader in ((one, other), (other, one)):
            sealed = writer.close(_PLACE, _CONTENT, ttl_s=10)
            assert reader.open(_PLACE, sealed) == _CONTENT
    assert seals[-1].open(_PLACE, seals[0].close(_PLACE, _CONTENT, ttl_s=10)) is None


@pytest.mark.parametrize("text", ["", " \n", "short", "x" * 31, f"{'x' * 32} short"])
def test_no_secret_or_a_short_one_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="at least 32 characters") as refused:
        read_secrets(text)
    assert "short" not in str(refused.value)
