"""Whether an ogg is whole, what is in it, and which number it bears.

libsndfile skips damaged pages and stops at the last whole one without a word, so the pages are
checked here. A file cut exactly between two pages, without its end mark, cannot be told from a
stream that was never closed and is taken (RFC 7845 section 3). Source: RFC 3533.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ai4v.ports.audiocodec import AudioFormatError, InvalidAudioError

_HEADER: Final = struct.Struct("<4sBBqIIIB")
_BEGINS: Final = 0x02
_OPUS_RATE_HZ: Final = 48_000
_CODECS: Final = (
    (b"\x01vorbis", "Vorbis"),
    (b"OpusHead", "Opus"),
    (b"\x7fFLAC", "FLAC"),
    (b"Speex   ", "Speex"),
    (b"\x80theora", "Theora"),
)
_TAKEN: Final = ("Vorbis", "Opus")
_MIRROR: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an ogg."""

    flags: int
    granule: int
    """Samples up to the end of the page, as the codec counts them; -1 when none ends in it."""
    serial: int
    sequence: int
    is_sound: bool
    """Whether its checksum holds."""
    body: memoryview
    place: slice
    """Where in the file, header and all."""


def checksum(page: bytes) -> int:
    """CRC-32 as ogg has it: polynomial 0x04C11DB7, not reflected, zero before and after."""
    reflected = zlib.crc32(page.translate(_MIRROR), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)


def pages(content: memoryview) -> Iterator[Page]:
    """Read page after page; `InvalidAudioError` where one breaks off or none begins."""
    place = 0
    while place < len(content):
        if len(content) - place < _HEADER.size:
            raise InvalidAudioError("the ogg is truncated")
        magic, _, flags, granule, serial, sequence, crc, count = _HEADER.unpack_from(content, place)
        if magic != b"OggS":
            raise InvalidAudioError("the ogg is damaged")
        start = place + _HEADER.size + count
        end = start + sum(content[place + _HEADER.size : start])
        if end > len(content) or start > len(content):
            raise InvalidAudioError("the ogg is truncated")
        raw = bytearray(content[place:end])
        raw[22:26] = bytes(4)
        is_sound = checksum(bytes(raw)) == crc
        body, whole = content[start:end], slice(place, end)
        yield Page(flags, granule, serial, sequence, is_sound, body, whole)
        place = end


def with_serial(content: bytes, serial: int) -> bytes:
    """Return a whole ogg of one stream under another serial number.

    libsndfile numbers streams by chance; a fixed number gives the same bytes for the same sound.
    """
    file = bytearray(content)
    for page in pages(memoryview(content)):
        head = page.place.start
        file[head + 14 : head + 18] = serial.to_bytes(4, "little")
        file[head + 22 : head + 26] = bytes(4)
        crc = checksum(bytes(file[page.place]))
        file[head + 22 : head + 26] = crc.to_bytes(4, "little")
    return bytes(file)


def check_ogg(content: memoryview) -> float:
    """Return the seconds that it claims, when it is one whole Vorbis or Opus stream.

    Raises:
        InvalidAudioError: truncated, damaged, or pages are missing.
        AudioFormatError: another codec, or more than one stream.
    """
    serial: int | None = None
    expected = granule = 0
    rate_hz = _OPUS_RATE_HZ
    for page in pages(content):
        if not page.is_sound:
            raise InvalidAudioError("the ogg is damaged")
        if serial is None:
            rate_hz = _read_rate(bytes(page.body[:16]))
            serial, expected = page.serial, page.sequence
        elif page.flags & _BEGINS or page.serial != serial:
            raise AudioFormatError("the ogg holds several streams; one is taken")
        if page.sequence != expected:
            raise InvalidAudioError("the ogg is damaged: pages are missing")
        expected += 1
        granule = max(granule, page.granule)
    return granule / rate_hz


def _read_rate(head: bytes) -> int:
    """Return the rate at which the codec counts samples."""
    found = next((name for magic, name in _CODECS if head.startswith(magic)), "an unknown codec")
    if found not in _TAKEN:
        raise AudioFormatError(f"the ogg holds {found}; taken are {' and '.join(_TAKEN)}")
    if found == "Opus":
        return _OPUS_RATE_HZ
    return max(1, int.from_bytes(head[12:16], "little"))
