"""What kind of sound some bytes are, by their first bytes and never by a name.

Signatures: RFC 2361 and 9639, ISO/IEC 11172-3 and 14496-12, RFC 3533, 4867 and 8794, ASF, IFF.
"""

from enum import StrEnum
from typing import Final


class AudioKind(StrEnum):
    """Containers and streams that people send as sound; the value is the name they know."""

    WAV = "wav"
    FLAC = "flac"
    MP3 = "mp3"
    OGG = "ogg"
    AAC = "aac"
    AIFF = "aiff"
    AMR = "amr"
    APE = "ape"
    AU = "au"
    AVI = "avi"
    CAF = "caf"
    MIDI = "midi"
    MP4 = "mp4 or m4a"
    PLAYLIST = "playlist"
    RF64 = "rf64"
    WEBM = "webm or matroska"
    WMA = "wma or asf"
    WAVPACK = "wavpack"


_PREFIXES: Final = (
    (b"fLaC", AudioKind.FLAC),
    (b"OggS", AudioKind.OGG),
    (b"\x1a\x45\xdf\xa3", AudioKind.WEBM),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", AudioKind.WMA),
    (b"#!AMR", AudioKind.AMR),
    (b".snd", AudioKind.AU),
    (b"caff", AudioKind.CAF),
    (b"wvpk", AudioKind.WAVPACK),
    (b"MAC ", AudioKind.APE),
    (b"MThd", AudioKind.MIDI),
    (b"RF64", AudioKind.RF64),
    (b"RIFX", AudioKind.RF64),
    (b"ADIF", AudioKind.AAC),
    (b"#EXTM3U", AudioKind.PLAYLIST),
)
_FORMS: Final = (
    (b"RIFF", b"WAVE", AudioKind.WAV),
    (b"RIFF", b"AVI ", AudioKind.AVI),
    (b"FORM", b"AIFF", AudioKind.AIFF),
    (b"FORM", b"AIFC", AudioKind.AIFF),
)


def skip_id3(content: memoryview, place: int = 0) -> int:
    """Return where the ID3v2 tag at `place` ends; `place` itself when there is none."""
    if bytes(content[place : place + 3]) != b"ID3" or place + 10 > len(content):
        return place
    size = 0
    for byte in content[place + 6 : place + 10]:
        size = size << 7 | byte & 0x7F
    footer_bytes = 10 if content[place + 5] & 0x10 else 0
    return place + 10 + size + footer_bytes


def identify(content: memoryview) -> AudioKind | None:
    """Return the kind of `content`; None when it is nothing that we know.

    An ID3v2 tag before it is passed over. The answer says what it claims to be, not that it is
    whole.
    """
    start = skip_id3(content)
    head = bytes(content[start : start + 16])
    for prefix, kind in _PREFIXES:
        if head.startswith(prefix):
            return kind
    for outer, inner, kind in _FORMS:
        if head.startswith(outer) and head[8:12] == inner:
            return kind
    if head[4:8] == b"ftyp":
        return AudioKind.MP4
    return _identify_mpeg(head)


def _identify_mpeg(head: bytes) -> AudioKind | None:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return AudioKind.AAC
    is_layer_3 = head[1] & 0x06 == 0x02
    is_version = head[1] & 0x18 != 0x08
    is_rate = head[2] & 0x0C != 0x0C
    return AudioKind.MP3 if is_layer_3 and is_version and is_rate else None
