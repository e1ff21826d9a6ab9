"""Whether an mp3 is whole.

mpg123 drops a cut last frame and skips damage without a word, so the frames are walked here. An
mp3 that is cut exactly between two frames and says nowhere how many it has cannot be told from a
whole one. Source: ISO/IEC 11172-3 and 13818-3; the Xing header as LAME writes it.
"""

import struct
from dataclasses import dataclass
from typing import Final

from ai4v.kit.audiokind import skip_id3
from ai4v.ports.audiocodec import InvalidAudioError

_RATES_KBPS_1: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_RATES_KBPS_2: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES_HZ: Final = {
    3: (44_100, 48_000, 32_000),
    2: (22_050, 24_000, 16_000),
    0: (11_025, 12_000, 8_000),
}
_SLACK_FRAMES: Final = 1
"""Encoders differ on whether they count the header's own frame."""
_RESYNC_BYTES: Final = 64 * 1024
_TAIL_TAGS: Final = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"3DI")


@dataclass(frozen=True, slots=True)
class Frame:
    """The header of one frame."""

    length: int
    """In bytes, header included."""
    rate_hz: int
    samples: int
    version: int
    is_mono: bool


def read_frame(content: memoryview, place: int) -> Frame | None:
    """Read the layer III header at `place`; None when there is none (or a free bit rate)."""
    if place + 4 > len(content):
        return None
    sync, second, third, fourth = content[place : place + 4]
    version = second >> 3 & 3
    if sync != 0xFF or second & 0xE6 != 0xE2 or version == 1:
        return None
    bitrate, rate = third >> 4, third >> 2 & 3
    if bitrate in (0, 15) or rate == 3:
        return None
    is_first = version == 3
    kbps = (_RATES_KBPS_1 if is_first else _RATES_KBPS_2)[bitrate]
    rate_hz = _RATES_HZ[version][rate]
    length = (144_000 if is_first else 72_000) * kbps // rate_hz + (third >> 1 & 1)
    return Frame(length, rate_hz, 1152 if is_first else 576, version, fourth >> 6 == 3)


def _declared(content: memoryview, place: int, frame: Frame) -> int | None:
    """Frames that a Xing or Info header in the first frame promises; None without one."""
    side = 17 if frame.is_mono else 32
    if frame.version != 3:
        side = 9 if frame.is_mono else 17
    start = place + 4 + side
    if bytes(content[start : start + 4]) not in (b"Xing", b"Info") or start + 12 > len(content):
        return None
    flags, frames = struct.unpack_from(">II", content, start + 4)
    return frames if flags & 1 else None


def check_mp3(content: memoryview) -> float:
    """Return its seconds, when every frame is whole and as many are there as the header says.

    Raises:
        InvalidAudioError: not an mp3, truncated, damaged, joined of several, or a header that lies.
    """
    place = first_place = skip_id3(content)
    first = read_frame(content, place)
    if first is None:
        raise InvalidAudioError("this is not sound")
    count = 0
    while (frame := read_frame(content, place)) is not None and frame.rate_hz == first.rate_hz:
        if place + frame.length > len(content):
            raise InvalidAudioError("the mp3 is truncated")
        place = skip_id3(content, place + frame.length)
        count += 1
    if count == 1 and place < len(content):
        raise InvalidAudioError("this is not sound")
    _check_rest(content, place, first)
    declared = _declared(content, first_place, first)
    if declared is not None and abs(count - 1 - declared) > _SLACK_FRAMES:
        raise InvalidAudioError(f"the mp3's header says {declared} frames, {count - 1} are there")
    return count * first.samples / first.rate_hz


def _check_rest(content: memoryview, place: int, first: Frame) -> None:
    """Look at what follows the last frame: tags and dirt may, more frames may not."""
    rest = bytes(content[place : place + _RESYNC_BYTES])
    if rest.startswith(_TAIL_TAGS):
        return
    if 0 < len(rest) < 4 and rest[0] == 0xFF:
        raise InvalidAudioError("the mp3 is truncated")
    found = rest.find(b"\xff")
    while found != -1:
        frame = read_frame(content, place + found)
        if frame is not None and frame.rate_hz == first.rate_hz:
            following = read_frame(content, place + found + frame.length)
            if following is not None and following.rate_hz == first.rate_hz:
                raise InvalidAudioError("the mp3 is damaged")
        found = rest.find(b"\xff", found + 1)
