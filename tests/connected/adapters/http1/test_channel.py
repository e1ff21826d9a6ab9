"""WebSockets to instances that break the rules, or break off."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator

import pytest

from ai4v.adapters.http1.channel import WebSocketChannel
from ai4v.adapters.http1.pool import UpstreamLimits
from ai4v.adapters.http1.upstream import Http1Upstream
from ai4v.contracts.error import ServiceUnavailableError
from ai4v.ports.upstream import (
    ChannelClosedError,
    HandshakeRefusedError,
    UpstreamBrokenError,
    UpstreamRequest,
)
from tests.support.peer import answer_with, open_peer
from tests.support.tcp import Talk

pytestmark = pytest.mark.connected

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_LIMITS = UpstreamLimits(max_message_bytes=1_000, max_channels=1)


@pytest.fixture
async def upstream() -> AsyncIterator[Http1Upstream]:
    async with Http1Upstream(_LIMITS) as opened:
        yield opened


async def connect(upstream: Http1Upstream, base_url: str) -> WebSocketChannel:
    async with asyncio.timeout(10):
        return await upstream.connect(UpstreamRequest("GET", base_url, b"/x", []), ["one"])


def accept_then(frames: bytes, *, then_close: bool = False) -> Talk:
    """Open the WebSocket and send `frames`."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        key = head.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
        digest = hashlib.sha1(key + _MAGIC).digest()  # noqa: S324 - RFC 6455 says so
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            b"sec-websocket-accept: " + base64.b64encode(digest) + b"\r\n\r\n" + frames
        )
        await writer.drain()
        if not then_close:
            await reader.read()

    return talk


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (b"\x82\x7e\x07\xd0" + b"a" * 2_000, 1009),
        (b"\x02\x7e\x02\x58" + b"a" * 600 + b"\x80\x7e\x02\x58" + b"a" * 600, 1009),
        (b"\x81\x02\xff\xfe", 1007),
        (b"\xc1\x01a", 1002),
        (b"\x83\x01a", 1002),
        (b"\x80\x01a", 1002),
        (b"\x81\x81\x00\x00\x00\x00a", 1002),
        (b"\x89\x7e\x00\xff" + b"a" * 255, 1002),
        (b"\x88\x02\x03\xe8", 1000),
        (b"\x88\x00", 1005),
    ],
)
async def test_a_stream_ends_with_the_code_that_says_why(
    upstream: Http1Upstream, frames: bytes, code: int
) -> None:
    async with open_peer(accept_then(frames)) as peer:
        channel = await connect(upstream, peer.base_url)
        with pytest.raises(ChannelClosedError) as closed:
            async with asyncio.timeout(10):
                await channel.receive()
        assert closed.value.code == code


async def test_a_lost_connection_is_1006_after_what_had_come(upstream: Http1Upstream) -> None:
    async with open_peer(accept_then(b"\x81\x01a\x81\x05par", then_close=True)) as peer:
        channel = await connect(upstream, peer.base_url)
        async with asyncio.timeout(10):
            assert await channel.receive() == "a"
            with pytest.raises(ChannelClosedError) as closed:
                await channel.receive()
            assert closed.value.code == 1006
            with pytest.raises(ChannelClosedError):
                await channel.send("x")


async def test_fragments_are_one_message_and_pings_lie_between(upstream: Http1Upstream) -> None:
    frames = b"\x01\x02\xe0\xa4\x89\x01p\x00\x00\x80\x01\xa8"
    async with open_peer(accept_then(frames)) as peer:
        channel = await connect(upstream, peer.base_url)
        assert await channel.receive() == "न"
        await channel.close(1000, "")


async def test_many_small_messages_come_in_order(upstream: Http1Upstream) -> None:
    frames = b"".join(b"\x81\x05%05d" % number for number in range(20_000))
    async with open_peer(accept_then(frames)) as peer:
        channel = await connect(upstream, peer.base_url)
        for number in range(20_000):
            assert await channel.receive() == f"{number:05d}"
        await channel.close(1000, "")


async def test_goodbye_takes_a_second_at_most(upstream: Http1Upstream) -> None:
    async with open_peer(accept_then(b"")) as peer:
        channel = await connect(upstream, peer.base_url)
        async with asyncio.timeout(3):
            await channel.close(1000, "bye" * 100)
        assert (await connect(upstream, peer.base_url)).subprotocol is None


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0\r\n\r\n",
        b"HTTP/1.1 101 Yes\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 101 Yes\r\nsec-websocket-accept: AAAA\r\nupgrade: websocket\r\n\r\n",
        b"HTTP/1.1 101 Yes\r\na: " + b"b" * 100_000,
    ],
)
async def test_what_opens_no_stream_is_broken(upstream: Http1Upstream, answer: bytes) -> None:
    async with open_peer(answer_with(answer)) as peer:
        for _ in range(2):
            with pytest.raises(UpstreamBrokenError):
                await connect(upstream, peer.base_url)


async def test_a_break_in_the_handshake_is_broken(upstream: Http1Upstream) -> None:
    async with open_peer(answer_with(b"HTTP/1.1 101 Yes\r\nupg", then_close=True)) as peer:
        with pytest.raises(UpstreamBrokenError):
            await connect(upstream, peer.base_url)


async def test_an_answer_that_ends_with_the_connection_is_a_refusal(
    upstream: Http1Upstream,
) -> None:
    async with open_peer(answer_with(b"HTTP/1.1 403 No\r\n\r\nno", then_close=True)) as peer:
        with pytest.raises(HandshakeRefusedError) as refused:
            await connect(upstream, peer.base_url)
        assert refused.value.answer_status == 403


async def test_no_more_streams_than_may_be(upstream: Http1Upstream) -> None:
    async with open_peer(accept_then(b"")) as peer:
        channel = await connect(upstream, peer.base_url)
        with pytest.raises(ServiceUnavailableError):
            await connect(upstream, peer.base_url)
        channel.drop()
        channel = await connect(upstream, peer.base_url)
        await channel.close(1000, "")
