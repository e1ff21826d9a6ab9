"""What a flac says of its own length, and how to make a decoder forget it.

libsndfile stops at the length in the header even when more follows. Source: RFC 9639 section 8.2.
"""

from typing import Final

from ai4v.ports.audiocodec import InvalidAudioError

_TOTAL: Final = slice(21, 26)
_TOTAL_BITS: Final = 36


def declared_frames(content: memoryview) -> int | None:
    """Return the frames that the header promises; None when it leaves them open."""
    if len(content) < 42 or content[4] & 0x7F != 0:
        raise InvalidAudioError("the flac is truncated or damaged")
    total = int.from_bytes(content[_TOTAL], "big") & ((1 << _TOTAL_BITS) - 1)
    return total or None


def with_open_end(content: memoryview) -> bytearray:
    """Return a copy whose header leaves the length open."""
    copy = bytearray(content)
    rest = int.from_bytes(copy[_TOTAL], "big") >> _TOTAL_BITS
    copy[_TOTAL] = (rest << _TOTAL_BITS).to_bytes(5, "big")
    return copy
