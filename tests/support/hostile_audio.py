"""Bytes that claim to be sound and must be refused, each with the error code that clients get."""

import functools
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ai4v.adapters.sndfile.mpegframe import read_frame
from ai4v.adapters.sndfile.oggpage import checksum, pages
from tests.support.sound import Format, encode, pcm16, tone, wav

INVALID: Final = "INVALID_AUDIO"
UNSUPPORTED: Final = "UNSUPPORTED_MEDIA"
TOO_LARGE: Final = "PAYLOAD_TOO_LARGE"
LIMIT_S: Final = 600.0
"""The length that the cases marked too large exceed."""


@dataclass(frozen=True, slots=True)
class HostileAudio:
    """One case."""

    name: str
    content: bytes
    code: str
    format: str
    """The format that it abuses: a codec that lacks it may also call it unsupported."""


@functools.cache
def _tone(kind: Format) -> bytes:
    rate_hz = 48_000 if kind == "opus" else 16_000
    noise = np.random.default_rng(7).normal(0, 0.02, (2 * rate_hz, 1)).astype(np.float32)
    return encode(tone(2.0, rate_hz) + noise, rate_hz, kind)


def _floats(*values: float) -> bytes:
    return wav(np.array([0.1, *values, 0.1] * 500, "<f4").tobytes(), bits=32, tag=3)


def _cut(kind: Format, part: float) -> Callable[[], bytes]:
    def cut() -> bytes:
        whole = _tone(kind)
        return whole[: int(len(whole) * part)]

    return cut


def _hole(kind: Format) -> bytes:
    """Zeros in the middle."""
    whole = bytearray(_tone(kind))
    middle = len(whole) // 2
    whole[middle : middle + 400] = bytes(400)
    return bytes(whole)


def _gap(kind: Format) -> bytes:
    """A piece of the middle gone."""
    whole = _tone(kind)
    middle = len(whole) // 2
    return whole[:middle] + whole[middle + 700 :]


def _flac_total(frames: int) -> bytes:
    lying = bytearray(_tone("flac"))
    rest = int.from_bytes(lying[21:26], "big") >> 36
    lying[21:26] = (rest << 36 | frames).to_bytes(5, "big")
    return bytes(lying)


def _mp3_frames(frames: int) -> bytes:
    lying = bytearray(_tone("mp3"))
    place = max(lying.find(b"Xing"), lying.find(b"Info"))
    lying[place + 8 : place + 12] = struct.pack(">I", frames)
    return bytes(lying)


def _flac_bomb() -> bytes:
    """Eleven minutes of silence in 50 kB."""
    silence = np.zeros((int((LIMIT_S + 60) * 16_000), 1), np.float32)
    return encode(silence, 16_000, "flac")


def _mp3_bomb() -> bytes:
    """Eleven minutes made of the same two seconds."""
    whole = memoryview(_tone("mp3"))
    first = read_frame(whole, 0)
    assert first is not None
    return bytes(whole[first.length :]) * int(LIMIT_S / 2 + 30)


def _opus_bomb() -> bytes:
    """Eleven minutes in 23 kB: packets of one byte, which mean 60 ms each."""
    whole = memoryview(_tone("opus"))
    headers = list(pages(whole))[:2]
    packets = int((LIMIT_S + 60) / 0.06)
    parts = [_ogg_page(bytes(headers[0].body), 2, 0)]
    parts.append(_ogg_page(bytes(headers[1].body), 0, 1))
    for sequence, start in enumerate(range(0, packets, 255), 2):
        count = min(255, packets - start)
        granule = (start + count) * 2_880
        parts.append(_ogg_page(b"\x18" * count, 0, sequence, granule, bytes([1]) * count))
    return b"".join(parts)


def _ogg_page(
    body: bytes, flags: int = 2, sequence: int = 0, granule: int = 0, lacing: bytes | None = None
) -> bytes:
    if lacing is None:
        lacing = bytes([255] * (len(body) // 255) + [len(body) % 255])
    head = struct.pack("<4sBBqII", b"OggS", 0, flags, granule, 1, sequence)
    rest = bytes([len(lacing)]) + lacing + body
    return head + struct.pack("<I", checksum(head + bytes(4) + rest)) + rest


def _mp4() -> bytes:
    return struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"M4A ", 0, b"M4A ", b"mp42") + bytes(64)


_SAMPLES: Final = pcm16(tone(0.5))
_NOISE: Final = np.random.default_rng(5).integers(0, 256, 20_000, np.uint8).tobytes()

_CASES: Final[tuple[tuple[str, str, str, Callable[[], bytes]], ...]] = (
    ("empty", INVALID, "none", lambda: b""),
    ("one byte", INVALID, "none", lambda: b"R"),
    ("text", INVALID, "none", lambda: "यह ध्वनि नहीं है ".encode() * 200),
    ("html", INVALID, "none", lambda: b"<!doctype html><title>404</title>"),
    ("png", INVALID, "none", lambda: b"\x89PNG\r\n\x1a\n" + _NOISE),
    ("zip", INVALID, "none", lambda: b"PK\x03\x04" + _NOISE),
    ("zeros", INVALID, "none", lambda: bytes(10_000)),
    ("noise", INVALID, "none", lambda: b"\x13" + _NOISE),
    ("id3 tag alone", INVALID, "none", lambda: b"ID3\x04\x00\x00\x00\x00\x00\x40" + bytes(64)),
    ("id3 tag longer than the file", INVALID, "none", lambda: b"ID3\x04\x00\x00\x7f\x7f\x7f\x7fx"),
    ("wav header alone", INVALID, "wav", lambda: wav(b"")),
    ("wav stream without samples", INVALID, "wav", lambda: wav(b"", data_size=0xFFFFFFFF)),
    ("wav cut in its header", INVALID, "wav", lambda: wav(_SAMPLES)[:30]),
    ("wav cut in its samples", INVALID, "wav", lambda: wav(_SAMPLES)[:-1_000]),
    ("wav that says 4 GB", INVALID, "wav", lambda: wav(_SAMPLES, data_size=0xFFFFFFF0)),
    ("wav without format", INVALID, "wav", lambda: b"RIFF\x24\0\0\0WAVEdata\x08\0\0\0" + bytes(8)),
    (
        "wav with a format too short",
        INVALID,
        "wav",
        lambda: b"RIFF\x24\0\0\0WAVEfmt \x04\0\0\0\x01\0\x01\0data\x08\0\0\0" + bytes(8),
    ),
    ("wav of no channels", INVALID, "wav", lambda: wav(_SAMPLES, channels=0)),
    ("wav of 64 channels", INVALID, "wav", lambda: wav(_SAMPLES, channels=64)),
    ("wav of 65535 channels", INVALID, "wav", lambda: wav(_SAMPLES, channels=65_535, bits=8)),
    ("wav at 0 Hz", INVALID, "wav", lambda: wav(_SAMPLES, rate_hz=0)),
    ("wav at 4 GHz", INVALID, "wav", lambda: wav(_SAMPLES, rate_hz=0xFFFFFFFF)),
    ("wav of a hundred hours at 1 Hz", INVALID, "wav", lambda: wav(bytes(720_000), rate_hz=1)),
    ("wav with NaN", INVALID, "wav", lambda: _floats(float("nan"))),
    ("wav with infinity", INVALID, "wav", lambda: _floats(float("inf"))),
    ("wav with both infinities", INVALID, "wav", lambda: _floats(float("inf"), float("-inf"))),
    ("wav of 12 bits", UNSUPPORTED, "wav", lambda: wav(_SAMPLES, bits=12, channels=2)),
    ("wav with mp3 inside", UNSUPPORTED, "wav", lambda: wav(_SAMPLES, tag=0x55)),
    ("wav with adpcm inside", UNSUPPORTED, "wav", lambda: wav(_SAMPLES, tag=2, bits=4, channels=2)),
    ("wav longer than the limit", TOO_LARGE, "wav", lambda: wav(bytes(5_600_000), rate_hz=4_000)),
    ("flac marker alone", INVALID, "flac", lambda: b"fLaC"),
    ("flac marker and noise", INVALID, "flac", lambda: b"fLaC" + _NOISE),
    ("flac cut in the middle", INVALID, "flac", _cut("flac", 0.5)),
    ("flac cut near its end", INVALID, "flac", _cut("flac", 0.99)),
    ("flac cut after its header", INVALID, "flac", lambda: _tone("flac")[:60]),
    ("flac with a hole", INVALID, "flac", lambda: _hole("flac")),
    ("flac that says more samples", INVALID, "flac", lambda: _flac_total(10**6)),
    ("flac that says 68 billion samples", INVALID, "flac", lambda: _flac_total(2**36 - 1)),
    ("flac that says fewer samples", INVALID, "flac", lambda: _flac_total(100)),
    ("flac bomb", TOO_LARGE, "flac", _flac_bomb),
    ("ogg capture pattern alone", INVALID, "vorbis", lambda: b"OggS"),
    ("ogg cut in the middle", INVALID, "vorbis", _cut("vorbis", 0.5)),
    ("ogg cut near its end", INVALID, "vorbis", _cut("vorbis", 0.99)),
    ("ogg with a hole", INVALID, "vorbis", lambda: _hole("vorbis")),
    ("ogg with a gap", INVALID, "vorbis", lambda: _gap("vorbis")),
    ("opus cut in the middle", INVALID, "opus", _cut("opus", 0.5)),
    ("opus with a hole", INVALID, "opus", lambda: _hole("opus")),
    ("opus bomb", TOO_LARGE, "opus", _opus_bomb),
    ("two oggs joined", UNSUPPORTED, "vorbis", lambda: _tone("vorbis") + _tone("opus")),
    ("mp3 cut in the middle", INVALID, "mp3", _cut("mp3", 0.5)),
    ("mp3 cut in its first frame", INVALID, "mp3", lambda: _tone("mp3")[:50]),
    ("mp3 cut near its end", INVALID, "mp3", lambda: _tone("mp3")[:-20]),
    ("mp3 with a gap", INVALID, "mp3", lambda: _gap("mp3")),
    ("two mp3 joined", INVALID, "mp3", lambda: _tone("mp3") * 2),
    ("mp3 that says fewer frames", INVALID, "mp3", lambda: _mp3_frames(3)),
    ("mp3 that says 4 billion frames", INVALID, "mp3", lambda: _mp3_frames(2**32 - 1)),
    ("mp3 header and noise", INVALID, "mp3", lambda: b"\xff\xfb\x90\x44" + _NOISE),
    ("mp3 bomb", TOO_LARGE, "mp3", _mp3_bomb),
    ("webm", UNSUPPORTED, "none", lambda: b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01" + _NOISE),
    ("m4a", UNSUPPORTED, "none", _mp4),
    ("aac", UNSUPPORTED, "none", lambda: b"\xff\xf1\x50\x80\x02\x1f\xfc" + _NOISE),
    ("amr", UNSUPPORTED, "none", lambda: b"#!AMR\n" + _NOISE),
    ("wma", UNSUPPORTED, "none", lambda: bytes.fromhex("3026b2758e66cf11a6d900aa") + _NOISE),
    ("aiff", UNSUPPORTED, "none", lambda: b"FORM\x00\x00\x10\x00AIFFCOMM" + _NOISE),
    ("au", UNSUPPORTED, "none", lambda: b".snd\x00\x00\x00\x18" + _NOISE),
    ("caf", UNSUPPORTED, "none", lambda: b"caff\x00\x01\x00\x00" + _NOISE),
    ("rf64", UNSUPPORTED, "none", lambda: b"RF64\xff\xff\xff\xffWAVEds64" + bytes(64)),
    ("playlist", UNSUPPORTED, "none", lambda: b"#EXTM3U\nfile:///etc/passwd\n"),
    ("ogg with speex", UNSUPPORTED, "vorbis", lambda: _ogg_page(b"Speex   1.2rc1")),
)


@functools.cache
def hostile_audio() -> tuple[HostileAudio, ...]:
    """Make all cases."""
    return tuple(HostileAudio(name, make(), code, kind) for name, code, kind, make in _CASES)
