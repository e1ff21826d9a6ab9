"""The frames between a parent and its worker process.

A frame is a 12-byte prefix (head length u32, payload length u64, little endian), a msgpack head and
a raw payload, so that samples cross as they lie in memory and nothing is ever unpickled.
"""

import struct
from typing import Final, Literal

import msgspec

Payload = bytes | bytearray | memoryview
"""Raw bytes; a memoryview must be C-contiguous (`memoryview(array)` of a numpy array is)."""

PREFIX: Final = struct.Struct("<IQ")
MAX_HEAD_BYTES: Final = 16 * 1024 * 1024
MAX_PAYLOAD_BYTES: Final = 1024 * 1024 * 1024

PING: Final = "ping"
"""The method that every worker answers."""


class FrameError(Exception):
    """The other side does not speak this protocol."""


class Request(msgspec.Struct, frozen=True):
    """Head of a frame to the worker."""

    call_id: int
    method: str
    body: bytes
    """msgpack of the method's request struct."""


class Response(msgspec.Struct, frozen=True):
    """Head of a frame from the worker; the first one has call id 0 and tells of the start."""

    call_id: int
    outcome: Literal["done", "refused", "crashed"]
    """Refused: the request was wrong (ValueError). Crashed: anything else went wrong in it."""
    body: bytes = b""
    """msgpack of the method's response struct, when done."""
    message: str = ""
    """Why not, otherwise."""


def flatten(payload: Payload) -> memoryview:
    """View `payload` as bytes without copying it."""
    view = memoryview(payload)
    return view.cast("B") if view.nbytes else memoryview(b"")


def encode_head(head: Request | Response, payload_bytes: int) -> bytes:
    """Return the prefix and the head; `payload_bytes` bytes of payload must follow."""
    encoded = msgspec.msgpack.encode(head)
    return PREFIX.pack(len(encoded), payload_bytes) + encoded


def decode_prefix(prefix: bytes | bytearray) -> tuple[int, int]:
    """Return the lengths of head and payload; `FrameError` when no frame of ours is so long."""
    head_bytes, payload_bytes = PREFIX.unpack(prefix)
    if head_bytes > MAX_HEAD_BYTES or payload_bytes > MAX_PAYLOAD_BYTES:
        raise FrameError("a frame is longer than any frame of this protocol")
    return head_bytes, payload_bytes
