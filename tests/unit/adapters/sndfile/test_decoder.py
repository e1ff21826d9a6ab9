import tracemalloc

import numpy as np
import pytest

from ai4v.adapters.sndfile.decoder import Wanted, decode
from ai4v.adapters.sndfile.flacstream import with_open_end
from ai4v.adapters.sndfile.mpegframe import check_mp3, read_frame
from ai4v.adapters.sndfile.oggpage import check_ogg, checksum, pages
from ai4v.ports.audiocodec import AudioTooLongError, InvalidAudioError
from tests.support.hostile_audio import LIMIT_S, hostile_audio
from tests.support.sound import FORMATS, Format, encode, tone

WANTED = Wanted(16_000, 60.0)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_cut_is_found(kind: Format) -> None:
    rate_hz = 48_000 if kind == "opus" else 16_000
    content = encode(tone(1.0, rate_hz), rate_hz, kind)
    step = max(1, len(content) // 150)
    for length in range(0, len(content) - step, step):
        with pytest.raises(InvalidAudioError):
            decode(memoryview(content[:length]), WANTED)


def test_a_cut_between_the_last_two_frames_of_an_mp3_cannot_be_told() -> None:
    content = encode(tone(1.0), 16_000, "mp3")
    borders = [0]
    while (frame := read_frame(memoryview(content), borders[-1])) is not None:
        borders.append(borders[-1] + frame.length)
    assert borders.pop() == len(content)
    assert decode(memoryview(content[: borders[-1]]), WANTED)
    with pytest.raises(InvalidAudioError):
        decode(memoryview(content[: borders[-2]]), WANTED)


def test_a_flac_of_open_length_is_read_to_its_end() -> None:
    content = encode(tone(1.0), 16_000, "flac")
    stream = with_open_end(memoryview(content))
    assert decode(memoryview(stream), WANTED) == decode(memoryview(content), WANTED)


@pytest.mark.parametrize("tail", [b"TAG" + bytes(125), bytes(500)])
@pytest.mark.parametrize("kind", ["flac", "mp3"])
def test_tags_around_it_are_passed_over(kind: Format, tail: bytes) -> None:
    content = encode(tone(1.0), 16_000, kind)
    tag = b"ID3\x04\x00\x00\x00\x00\x02\x00" + bytes(256)
    whole = decode(memoryview(content), WANTED)
    assert decode(memoryview(tag + content + tail), WANTED) == whole


def test_the_bombs_are_what_they_say() -> None:
    bombs = {case.name: case.content for case in hostile_audio() if case.name.endswith("bomb")}
    for content in bombs.values():
        with pytest.raises(AudioTooLongError):
            decode(memoryview(content), Wanted(16_000, LIMIT_S))
    assert check_ogg(memoryview(bombs["opus bomb"])) == pytest.approx(660, abs=1)
    assert check_mp3(memoryview(bombs["mp3 bomb"])) == pytest.approx(660, abs=30)
    samples = decode(memoryview(bombs["flac bomb"]), Wanted(4_000, 661.0))
    assert len(samples) == 660 * 4_000 * 4


def test_memory_is_bounded_by_the_limit_and_not_by_the_bomb() -> None:
    bomb = next(case.content for case in hostile_audio() if case.name == "flac bomb")
    tracemalloc.start()
    with pytest.raises(AudioTooLongError):
        decode(memoryview(bomb), Wanted(16_000, 10.0))
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 4 * 1024**2


def test_blocks_leave_no_seam() -> None:
    rate_hz = 44_100
    long = tone(20.0, rate_hz)
    samples = np.frombuffer(
        decode(memoryview(encode(long, rate_hz, "wav", "FLOAT")), WANTED), np.float32
    )
    ideal = tone(20.0)[:, 0]
    assert len(samples) == len(ideal)
    assert np.abs(samples - ideal)[200:-200].max() < 1e-4


def test_the_checksum_is_oggs() -> None:
    content = memoryview(encode(tone(1.0), 16_000, "vorbis"))
    assert all(page.is_sound for page in pages(content))
    assert checksum(b"") == 0
    assert checksum(b"\x01") == 0x04C11DB7


@pytest.mark.parametrize(
    ("header", "length", "rate_hz"),
    [
        ("fffb9064", 417, 44_100),
        ("fffb9264", 418, 44_100),
        ("fff384c4", 192, 24_000),
        ("ffe344c4", 192, 12_000),
    ],
)
def test_the_length_of_an_mpeg_frame(header: str, length: int, rate_hz: int) -> None:
    frame = read_frame(memoryview(bytes.fromhex(header)), 0)
    assert frame is not None
    assert (frame.length, frame.rate_hz) == (length, rate_hz)
