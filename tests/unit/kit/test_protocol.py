"""Heads of requests, read without a socket."""

import asyncio
import json

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.server import ServerState

from ai4v.kit.protocol import MAX_HEAD_BYTES, BoundedProtocol


class _Wire(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


async def _exchange(*pieces: bytes) -> _Wire:
    state = ServerState()
    config = Config(_app, log_config=None, ws="none")
    protocol = BoundedProtocol(config=config, server_state=state, app_state={})
    wire = _Wire()
    protocol.connection_made(wire)
    for piece in pieces:
        if not wire.is_closed:
            protocol.data_received(piece)
    await asyncio.gather(*state.tasks)
    if protocol.timeout_keep_alive_task is not None:
        protocol.timeout_keep_alive_task.cancel()
    return wire


def _assert_refused(wire: _Wire, status: int, code: str) -> None:
    head, _, body = wire.written.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"connection: close" in head
    detail = json.loads(body)["detail"]
    assert detail["code"] == code
    assert set(detail) == {"code", "message", "requestId", "timestamp"}
    assert f"x-request-id: {detail['requestId']}".encode() in head
    assert wire.is_closed


async def test_a_request_within_the_bound_is_answered() -> None:
    head = b"GET / HTTP/1.1\r\nhost: x\r\nx-big: " + b"a" * (MAX_HEAD_BYTES - 64) + b"\r\n\r\n"
    wire = await _exchange(head[:100], head[100:40_000], head[40_000:])
    assert wire.written.startswith(b"HTTP/1.1 204 ")
    assert not wire.is_closed


@pytest.mark.parametrize(
    "request_text",
    [
        b"\x16\x03\x01\x02\x00\x01",
        b"GET / HTTP/1.1\r\nhost: x\r\na\x00b: c\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    ],
)
async def test_what_is_no_http_is_refused_with_the_error_body(request_text: bytes) -> None:
    _assert_refused(await _exchange(request_text), 400, "INVALID_JSON")


async def test_many_headers_are_refused() -> None:
    line = b"x-many: " + b"a" * 1_000 + b"\r\n"
    wire = await _exchange(b"GET / HTTP/1.1\r\nhost: x\r\n", *([line] * 100))
    _assert_refused(wire, 413, "PAYLOAD_TOO_LARGE")


async def test_a_head_that_comes_at_once_is_measured_too() -> None:
    wire = await _exchange(b"GET / HTTP/1.1\r\nx-big: " + b"a" * MAX_HEAD_BYTES + b"\r\n\r\n")
    _assert_refused(wire, 413, "PAYLOAD_TOO_LARGE")


async def test_a_header_without_end_is_refused() -> None:
    wire = await _exchange(b"GET / HTTP/1.1\r\nx-big: ", *([b"a" * 10_000] * 10))
    _assert_refused(wire, 413, "PAYLOAD_TOO_LARGE")


async def test_a_long_body_is_no_head() -> None:
    head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 200000\r\n\r\n"
    wire = await _exchange(head, *([b"a" * 10_000] * 20))
    assert wire.written.startswith(b"HTTP/1.1 204 ")
