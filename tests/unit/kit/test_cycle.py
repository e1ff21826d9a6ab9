"""The cycle of a request: what it writes, and what it refuses to write."""

import asyncio
import logging
from typing import cast

import pytest
from starlette.types import Message
from uvicorn.protocols.http.flow_control import FlowControl

from ai4v.kit.cycle import WHOLE, Cycle, Signal


class _Transport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += data

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed


def _make(transport: _Transport, method: str = "GET") -> Cycle:
    logger = logging.getLogger("test")
    return Cycle(
        scope={"type": "http", "method": method},  # type: ignore[typeddict-item] # what is read
        transport=transport,
        flow=FlowControl(transport),
        logger=logger,
        access_logger=logger,
        access_log=False,
        default_headers=[],
        message_event=cast("asyncio.Event", Signal()),
        expect_100_continue=False,
        keep_alive=True,
        on_response=lambda: None,
    )


async def _answer(headers: list[tuple[bytes, bytes]], body: bytes, method: str = "GET") -> bytes:
    transport = _Transport()
    cycle = _make(transport, method)
    start: Message = {"type": "http.response.start", "status": 200, "headers": headers}
    await cycle.send(start)
    await cycle.send({"type": "http.response.body", "body": body})
    assert cycle.response_complete
    return transport.sent


async def test_an_answer_with_a_length_is_framed_by_it() -> None:
    sent = await _answer([(b"Content-Length", b"2")], b"ab")
    assert sent == b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"


@pytest.mark.parametrize(("method", "body"), [("GET", b"ab"), ("HEAD", b"")])
async def test_a_whole_answer_is_as_one_in_two_messages(method: str, body: bytes) -> None:
    transport = _Transport()
    cycle = _make(transport, method)
    headers = [(b"content-length", b"2")]
    await cycle.send({"type": WHOLE, "status": 200, "headers": headers, "body": body})
    assert cycle.response_complete
    assert transport.sent == await _answer(headers, body, method)


async def test_an_answer_without_one_goes_in_chunks() -> None:
    sent = await _answer([(b"a", b"b")], b"xyz")
    assert sent.endswith(b"a: b\r\ntransfer-encoding: chunked\r\n\r\n3\r\nxyz\r\n0\r\n\r\n")


async def test_an_answer_to_head_has_no_body() -> None:
    assert (await _answer([(b"content-length", b"9")], b"", "HEAD")).endswith(b"9\r\n\r\n")


@pytest.mark.parametrize("bad", [b"a\r\nx: y", b"a\nb", b"a\rb", b"a\0b"])
@pytest.mark.parametrize("in_name", [True, False])
async def test_what_ends_a_line_is_never_written(bad: bytes, in_name: bool) -> None:  # noqa: FBT001 - a parameter of the test
    transport = _Transport()
    header = (bad, b"v") if in_name else (b"n", bad)
    with pytest.raises(RuntimeError):
        await _make(transport).send(
            {"type": "http.response.start", "status": 200, "headers": [header]}
        )
    assert transport.sent == b""


@pytest.mark.parametrize("body", [b"a", b"abc"])
async def test_a_body_of_another_length_is_no_answer(body: bytes) -> None:
    with pytest.raises(RuntimeError):
        await _answer([(b"content-length", b"2")], body)


async def test_the_answer_that_closes_says_so() -> None:
    transport = _Transport()
    cycle = _make(transport)
    cycle.keep_alive = False
    await cycle.send({"type": "http.response.start", "status": 204, "headers": []})
    await cycle.send({"type": "http.response.body"})
    assert transport.sent == b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"
    assert transport.is_closed


async def test_a_second_answer_is_refused() -> None:
    transport = _Transport()
    cycle = _make(transport)
    with pytest.raises(RuntimeError):
        await cycle.send({"type": "http.response.body", "body": b""})
    await cycle.send({"type": "http.response.start", "status": 204, "headers": []})
    await cycle.send({"type": "http.response.body"})
    with pytest.raises(RuntimeError):
        await cycle.send({"type": "http.response.body", "body": b""})


async def test_a_signal_wakes_all_who_wait() -> None:
    signal = Signal()
    waits = [asyncio.create_task(signal.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    waits[0].cancel()
    await asyncio.sleep(0)
    signal.set()
    await asyncio.gather(*waits[1:])
    assert waits[0].cancelled()


async def test_what_is_left_of_the_body_is_dropped_with_the_answer() -> None:
    cycle = _make(_Transport(), "POST")
    cycle.body = b"sent too late"  # type: ignore[assignment] # read as bytes
    await cycle.send(
        {"type": WHOLE, "status": 413, "headers": [(b"content-length", b"0")], "body": b""}
    )
    assert bytes(cycle.body) == b""
