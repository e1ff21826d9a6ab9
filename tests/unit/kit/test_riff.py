import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ai4v.kit.riff import read_wav
from ai4v.ports.audiocodec import AudioFormatError, InvalidAudioError
from tests.support.sound import wav


def test_tells_where_the_samples_are() -> None:
    read = read_wav(memoryview(wav(b"\x01\x02" * 10, rate_hz=8_000)))
    assert (read.rate_hz, read.channels, read.encoding) == (8_000, 1, "s16le")
    assert bytes(read.data) == b"\x01\x02" * 10


def test_a_last_frame_that_is_not_whole_is_left_out() -> None:
    assert len(read_wav(memoryview(wav(bytes(11), channels=2))).data) == 8


@given(some.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tail: bytes) -> None:
    try:
        read = read_wav(memoryview(b"RIFF\0\0\0\0WAVE" + tail))
    except (InvalidAudioError, AudioFormatError):
        return
    assert len(read.data) <= len(tail)


@given(some.integers(0, 60), some.integers(0, 255))
def test_a_changed_byte_is_read_or_refused(place: int, value: int) -> None:
    content = bytearray(wav(bytes(100)))
    content[min(place, len(content) - 1)] = value
    with contextlib.suppress(InvalidAudioError, AudioFormatError):
        assert len(read_wav(memoryview(content)).data) <= len(content)


def test_the_message_names_what_is_taken() -> None:
    with pytest.raises(AudioFormatError, match="mu-law"):
        read_wav(memoryview(wav(bytes(100), tag=0x55)))
