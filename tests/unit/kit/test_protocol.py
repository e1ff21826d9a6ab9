"""Heads of requests, read without a socket."""

import asyncio
import json

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.server import ServerState

from ai4v.kit.protocol import MAX_HEAD_BYTES, BoundedProtocol
from tests.support.wire import Wire

_POST = b"POST / HTTP/1.1\r\nhost: x\r\n"
_CHUNKED = b"transfer-encoding: chunked\r\n\r\n"
_BAD_FRAMING = [
    b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
    b"transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n2\r\nab\r\n0\r\n\r\n",
    b"content-length: 2\r\ncontent-length: 2\r\n\r\nab",
    b"content-length: 2, 2\r\n\r\nab",
    b"content-length: +2\r\n\r\nab",
    b"content-length: -2\r\n\r\nab",
    b"content-length: 0x2\r\n\r\nab",
    b"content-length: \r\n\r\nab",
    b"content-length: 99999999999999999999\r\n\r\nab",
    b"content-length : 2\r\n\r\nab",
    b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"transfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    b"transfer-encoding: chunked\r\n" + _CHUNKED + b"0\r\n\r\n",
    b"transfer-encoding: identity\r\n\r\n",
    b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"transfer-encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    _CHUNKED + b"0x2\r\nab\r\n0\r\n\r\n",
    _CHUNKED + b"-2\r\nab\r\n0\r\n\r\n",
    _CHUNKED + b"fffffffffffffffff\r\n",
    _CHUNKED + b"2\nab\r\n0\r\n\r\n",
    _CHUNKED + b"2;a=\nb\r\nab\r\n0\r\n\r\n",
    _CHUNKED + b"2;a=\rb\r\nab\r\n0\r\n\r\n",
    _CHUNKED + b"2\r\nabc\r\n0\r\n\r\n",
]
_BAD_LINES = [
    b"GET http://other/ HTTP/1.1",
    b"CONNECT x:443 HTTP/1.1",
    b"OPTIONS * HTTP/1.1",
    b"GET / HTTP/0.9",
    b"GET / HTTP/1.2",
    b"GET / HTTP/2.0",
    b"GET / http/1.1",
    b"get / HTTP/1.1",
    b"G@T / HTTP/1.1",
    b"GET /a b HTTP/1.1",
    b"GET /\x01 HTTP/1.1",
    b"GET /\xc3\xa9 HTTP/1.1",
    b"GET /\\a HTTP/1.1",
    b"GET /#a HTTP/1.1",
    b'GET /?a=" HTTP/1.1',
    b"GET /?a=< HTTP/1.1",
    b"GET //other/ HTTP/1.1",
]
_BAD_HEADERS = [
    b"\r\n",
    b"host: x\r\nhost: x\r\n\r\n",
    b"host: x\r\nhost: y\r\n\r\n",
    b"host: \r\n\r\n",
    b"host: x/y\r\n\r\n",
    b"host: x@y\r\n\r\n",
    b"host: x\r\na: b\r\n c\r\n\r\n",
    b" host: x\r\n\r\n",
    b"host: x\na: b\r\n\r\n",
    b"host: x\r\na: b\rc\r\n\r\n",
    b"host: x\r\n: b\r\n\r\n",
    b"host: x\r\na\r\n\r\n",
]


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


async def _exchange(*pieces: bytes) -> Wire:
    state = ServerState()
    config = Config(_app, log_config=None, ws="none")
    protocol = BoundedProtocol(config=config, server_state=state, app_state={})
    wire = Wire()
    protocol.connection_made(wire)
    for piece in pieces:
        if not wire.is_closed:
            protocol.data_received(piece)
    await asyncio.gather(*state.tasks)
    if protocol.timeout_keep_alive_task is not None:
        protocol.timeout_keep_alive_task.cancel()
    protocol.connection_lost(ConnectionError())
    return wire


def _assert_refused(wire: Wire, status: int, code: str) -> None:
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
        *(_POST + framing for framing in _BAD_FRAMING),
        *(line + b"\r\nhost: x\r\n\r\n" for line in _BAD_LINES),
        *(b"GET / HTTP/1.1\r\n" + headers for headers in _BAD_HEADERS),
        b"GET / HTTP/1.1\nhost: x\n\n",
        b"GET /\r\n\r\n",
        b"POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_refused_with_the_error_body(request_text: bytes) -> None:
    _assert_refused(await _exchange(request_text), 400, "MALFORMED_REQUEST")


@pytest.mark.parametrize("target", [b"/", b"/a%2Fb?c=[1]&d={|}^`\\", b"/a?", b"/a?/?", b"/@a:1"])
async def test_targets_that_browsers_send_are_taken(target: bytes) -> None:
    wire = await _exchange(b"GET " + target + b" HTTP/1.1\r\nhost: [::1]:80\r\n\r\n")
    assert wire.written.startswith(b"HTTP/1.1 204 ")


async def test_a_request_of_http_1_0_needs_no_host() -> None:
    wire = await _exchange(b"GET / HTTP/1.0\r\n\r\n")
    assert wire.written.startswith(b"HTTP/1.1 204 ")
    assert wire.is_closed


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


@pytest.mark.parametrize(
    "endless",
    [
        (b"2;a=", b"x" * 10_000),
        (b"2;a=b", b";c=d" * 2_500),
        (b"0\r\nx-trailer: ", b"x" * 10_000),
        (b"2\r\nab\r\n0\r\n", b"x-trailer: y\r\n" * 1_000),
        (b"", (b"1;a=" + b"x" * 1_000 + b"\r\na\r\n") * 10),
        (b"2\r\nab\r\n", b"0" * 10_000),
    ],
)
async def test_framing_without_end_is_refused(endless: tuple[bytes, bytes]) -> None:
    begin, piece = endless
    wire = await _exchange(_POST + _CHUNKED, begin, *([piece] * 8))
    head = wire.written.partition(b"\r\n\r\n")[0]
    assert head.startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 400 "))
    assert wire.is_closed


async def test_chunks_of_one_byte_are_taken() -> None:
    wire = await _exchange(_POST + _CHUNKED, *([b"1\r\na\r\n" * 2_000] * 20), b"0\r\n\r\n")
    assert wire.written.startswith(b"HTTP/1.1 204 ")


async def test_a_large_body_and_short_trailers_are_taken() -> None:
    chunk = b"%x\r\n%b\r\n" % (100_000, b"a" * 100_000)
    wire = await _exchange(_POST + _CHUNKED, *([chunk] * 5), b"0\r\n", b"x: y\r\n\r\n")
    assert wire.written.startswith(b"HTTP/1.1 204 ")
