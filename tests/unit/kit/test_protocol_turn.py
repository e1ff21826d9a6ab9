"""Several requests on one connection, read without a socket: each is answered in its turn."""

import asyncio
from dataclasses import dataclass, field

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from ai4v.kit.drain import Drain
from ai4v.kit.protocol import BoundedProtocol, ConnectionTimes, ServerConfig
from tests.support.wire import Wire

_GET = b"GET /%b HTTP/1.1\r\nhost: x\r\n\r\n"
_TIMES = ConnectionTimes(head_s=0.05, body_s=0.05)


@dataclass
class _Talk:
    """A connection, its app, and what the app saw."""

    times: ConnectionTimes = field(default_factory=ConnectionTimes)
    drain: Drain | None = None
    reads: bool = True
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    seen: list[tuple[str, bytes, bytes]] = field(default_factory=list)
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        config = ServerConfig(
            self._answer, interface="asgi3", log_config=None, ws="none", proxy_headers=False
        )
        config.times, config.drain = self.times, self.drain
        self.state = ServerState()
        self.protocol = BoundedProtocol(config=config, server_state=self.state, app_state={})
        self.wire = Wire()
        self.protocol.connection_made(self.wire)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.headers.extend(scope["headers"])
        body, more = b"", self.reads
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.set()
                return
            body += message["body"]
            more = message["more_body"]
        self.seen.append((scope["path"], scope["query_string"], body))
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode()})

    async def settle(self) -> bytes:
        """Let every request be answered; return what was written."""
        self.may_answer.set()
        while self.state.tasks:
            await asyncio.gather(*self.state.tasks)
            await asyncio.sleep(0)
        return self.wire.written

    async def ended(self) -> bytes:
        """Wait until the connection is closed; return what was written."""
        async with asyncio.timeout(5):
            await self.wire.closed.wait()
        self.protocol.connection_lost(None)
        return self.wire.written


async def test_pipelined_requests_are_answered_in_order() -> None:
    talk = _Talk()
    talk.protocol.data_received(b"".join(_GET % b"%d" % number for number in range(20)))
    written = await talk.settle()
    assert [path for path, _, _ in talk.seen] == [f"/{number}" for number in range(20)]
    order = [written.index(b"/%d\r\n" % number) for number in range(20)]
    assert order == sorted(order)
    talk.protocol.connection_lost(None)


async def test_a_bad_request_is_refused_after_the_answers_before_it() -> None:
    talk = _Talk()
    talk.protocol.data_received(_GET % b"1" + _GET % b"2" + b"\x00bad\r\n\r\n" + _GET % b"3")
    assert talk.wire.written == b""
    written = await talk.settle()
    assert written.index(b"/1\r\n") < written.index(b"/2\r\n") < written.index(b" 400 ")
    assert [path for path, _, _ in talk.seen] == ["/1", "/2"]
    assert written.count(b"HTTP/1.1 ") == 3
    assert talk.wire.is_closed
    talk.protocol.connection_lost(None)


async def test_a_bad_body_is_refused_in_the_place_of_its_answer() -> None:
    talk = _Talk()
    post = b"POST /2 HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n"
    talk.protocol.data_received(_GET % b"1" + post)
    written = await talk.settle()
    assert [path for path, _, _ in talk.seen] == ["/1"]
    assert written.count(b"HTTP/1.1 ") == 2
    assert written.index(b"/1\r\n") < written.index(b" 400 ")
    talk.protocol.connection_lost(None)


async def test_a_bad_body_tells_the_app_that_its_client_is_gone() -> None:
    talk = _Talk()
    talk.protocol.data_received(
        b"POST /1 HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n"
    )
    await asyncio.sleep(0)
    talk.protocol.data_received(b"xyz\r\n")
    written = await talk.settle()
    assert written.startswith(b"HTTP/1.1 400 ")
    assert written.count(b"HTTP/1.1 ") == 1
    assert talk.left.is_set()
    talk.protocol.connection_lost(None)


async def test_too_many_pipelined_requests_are_refused() -> None:
    talk = _Talk()
    talk.protocol.data_received(_GET % b"x" * 1_000)
    written = await talk.settle()
    assert len(talk.seen) == 65
    assert written.count(b"HTTP/1.1 200 ") == 65
    assert written.count(b"HTTP/1.1 503 ") == 1
    talk.protocol.connection_lost(None)


async def test_trailers_are_no_headers() -> None:
    talk = _Talk()
    talk.protocol.data_received(
        b"POST /1 HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
        b"1\r\na\r\n0\r\nx-internal-token: forged\r\n\r\n"
    )
    await talk.settle()
    assert talk.seen == [("/1", b"", b"a")]
    assert [name for name, _ in talk.headers] == [b"host", b"transfer-encoding"]
    talk.protocol.connection_lost(None)


async def test_another_upgrade_is_ignored_and_what_follows_is_read() -> None:
    talk = _Talk()
    get = b"GET /1 HTTP/1.1\r\nhost: x\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n"
    talk.protocol.data_received(get + _GET % b"2")
    await talk.settle()
    assert [path for path, _, _ in talk.seen] == ["/1", "/2"]
    talk.protocol.connection_lost(None)


async def test_the_body_of_an_upgrade_is_not_the_next_request() -> None:
    talk = _Talk()
    body = _GET % b"smuggled"
    talk.protocol.data_received(
        b"POST /1 HTTP/1.1\r\nhost: x\r\nupgrade: h2c\r\nconnection: upgrade\r\n"
        b"content-length: %d\r\n\r\n%b" % (len(body), body)
    )
    assert (await talk.settle()).startswith(b"HTTP/1.1 400 ")
    assert talk.seen == []
    talk.protocol.connection_lost(None)


async def test_a_client_is_told_to_go_on_only_when_its_body_is_read() -> None:
    expecting = b"POST /1 HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n"
    talk = _Talk()
    talk.protocol.data_received(expecting)
    assert talk.wire.written == b""
    await asyncio.sleep(0)
    assert talk.wire.written == b"HTTP/1.1 100 Continue\r\n\r\n"
    talk.protocol.data_received(b"ab")
    await talk.settle()
    assert talk.seen == [("/1", b"", b"ab")]
    talk.protocol.connection_lost(None)

    refusing = _Talk(reads=False)
    refusing.protocol.data_received(expecting)
    written = await refusing.settle()
    assert written.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in written
    assert refusing.wire.is_closed
    refusing.protocol.connection_lost(None)


async def test_a_head_that_does_not_end_is_408() -> None:
    for piece in (b"GET / HTTP/1.1\r\nhost: x\r\na: ", b"G"):
        talk = _Talk(times=_TIMES)
        talk.protocol.data_received(piece)
        written = await talk.ended()
        assert written.startswith(b"HTTP/1.1 408 ")
        assert b'"DEADLINE_EXCEEDED"' in written


async def test_a_slow_head_gains_nothing_by_its_pieces() -> None:
    talk = _Talk(times=_TIMES)
    talk.protocol.data_received(b"GET / HTTP/1.1\r\nhost: x\r\n")
    while not talk.wire.is_closed:
        talk.protocol.data_received(b"a: b\r\n")
        await asyncio.sleep(0.01)
    assert (await talk.ended()).startswith(b"HTTP/1.1 408 ")


async def test_a_connection_without_a_request_is_closed_silently() -> None:
    for piece in (b"", b"\r\n"):
        talk = _Talk(times=_TIMES)
        if piece:
            talk.protocol.data_received(piece)
        assert await talk.ended() == b""


async def test_a_body_that_stops_coming_is_408() -> None:
    talk = _Talk(times=_TIMES)
    talk.protocol.data_received(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc")
    assert (await talk.ended()).startswith(b"HTTP/1.1 408 ")
    async with asyncio.timeout(5):
        await talk.left.wait()


@pytest.mark.parametrize("piece", [b"1;a=", b"0\r\nx-trailer: "])
async def test_slow_framing_gains_nothing_by_its_pieces(piece: bytes) -> None:
    talk = _Talk(times=_TIMES)
    post = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    talk.protocol.data_received(post + piece)
    while not talk.wire.is_closed:
        talk.protocol.data_received(b"y")
        await asyncio.sleep(0.01)
    assert (await talk.ended()).startswith(b"HTTP/1.1 408 ")


async def test_a_body_that_nobody_reads_is_not_late() -> None:
    talk = _Talk(times=_TIMES, reads=False)
    talk.protocol.data_received(
        b"POST /1 HTTP/1.1\r\nhost: x\r\ncontent-length: 200000\r\n\r\n" + b"a" * 100_000
    )
    await asyncio.sleep(_TIMES.body_s * 3)
    assert not talk.wire.is_closed
    assert (await talk.settle()).startswith(b"HTTP/1.1 200 ")
    talk.protocol.connection_lost(None)


async def test_a_body_that_goes_on_long_after_its_answer_is_cut() -> None:
    talk = _Talk(times=_TIMES, reads=False)
    post = b"POST /1 HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    talk.protocol.data_received(post)
    written = await talk.settle()
    assert written.startswith(b"HTTP/1.1 200 ")
    async with asyncio.timeout(5):
        while not talk.wire.is_closed:
            talk.protocol.data_received(b"4\r\nabcd\r\n")
            await asyncio.sleep(0.01)
    assert await talk.ended() == written


async def test_a_draining_server_closes_after_the_answer() -> None:
    drain = Drain()
    talk = _Talk(drain=drain)
    talk.protocol.data_received(_GET % b"1")
    assert b"connection: close" not in await talk.settle()
    drain.begin()
    talk.protocol.data_received(_GET % b"2")
    assert b"connection: close" in await talk.settle()
    assert talk.wire.is_closed
    talk.protocol.connection_lost(None)
