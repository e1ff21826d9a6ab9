"""The client before instances that speak bad HTTP, or break off within an answer."""

import asyncio

import pytest

from ai4v.adapters.http1.upstream import Http1Upstream
from ai4v.ports.upstream import UpstreamBrokenError
from tests.conformance.upstream import read_all
from tests.support.asking import GOOD, ask, get
from tests.support.peer import answer_with, open_peer
from tests.support.poll import until

pytestmark = pytest.mark.connected

_OK = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _OK + b"transfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/0.9 200 OK\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 099 Low\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 999 High\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\ncontent-length: 0\n\n",
        _OK + b"content-length: 0\n\r\n",
        _OK + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
        _OK + b"transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n2\r\nab\r\n0\r\n\r\n",
        _OK + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        _OK + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        _OK + b"transfer-encoding: gzip\r\n\r\nab",
        b"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        _OK + b"content-length: 2\r\ncontent-length: 2\r\n\r\nab",
        _OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\nabc",
        _OK + b"content-length: 2, 2\r\n\r\nab",
        _OK + b"content-length: -2\r\n\r\nab",
        _OK + b"content-length: 99999999999999999999\r\n\r\nab",
        _OK + b"a : b\r\ncontent-length: 0\r\n\r\n",
        _OK + b"a: b\r\n c\r\ncontent-length: 0\r\n\r\n",
        _OK + b"a: b\x00\r\ncontent-length: 0\r\n\r\n",
        _OK + b"a: b\rc\r\ncontent-length: 0\r\n\r\n",
        _OK + b"a: " + b"b" * 70_000 + b"\r\ncontent-length: 0\r\n\r\n",
        _OK + b"a: b\r\n" * 12_000 + b"\r\n",
        b"HTTP/1.1 103 Early\r\nlink: x\r\n\r\n" * 4_000,
        _CHUNKED + b"0x2\r\nab\r\n0\r\n\r\n",
        _CHUNKED + b"-2\r\nab\r\n0\r\n\r\n",
        _CHUNKED + b"fffffffffffffffff\r\nab",
        _CHUNKED + b"2\nab\r\n0\r\n\r\n",
        _CHUNKED + b"2\r\nabc\r\n0\r\n\r\n",
        _CHUNKED + b"2;a=\nb\r\nab\r\n0\r\n\r\n",
        _CHUNKED + b"0\r\n" + b"x-trailer: a\r\n" * 6_000 + b"\r\n",
    ],
)
async def test_what_is_no_good_answer_is_broken_and_ends_the_connection(
    upstream: Http1Upstream, answer: bytes
) -> None:
    async with open_peer(answer_with(answer)) as peer:
        with pytest.raises(UpstreamBrokenError):
            await ask(upstream, peer.base_url)
        assert upstream.open_connections == 0


async def test_a_head_without_end_is_broken(upstream: Http1Upstream) -> None:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_OK + b"a: ")
        while True:
            writer.write(b"b" * 10_000)
            await writer.drain()

    async with open_peer(talk) as peer:
        with pytest.raises(UpstreamBrokenError):
            await ask(upstream, peer.base_url)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (GOOD, (200, b"good")),
        (_CHUNKED + b"2;e=1\r\ngo\r\n2\r\nod\r\n0\r\nx-trailer: 1\r\n\r\n", (200, b"good")),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\na: b\r\n\r\n" + GOOD,
            (200, b"good"),
        ),
        (b"HTTP/1.1 204 No\r\n\r\n", (204, b"")),
        (b"HTTP/1.1 304 Same\r\ncontent-length: 4\r\n\r\n", (304, b"")),
    ],
)
async def test_a_good_answer_keeps_the_connection(
    upstream: Http1Upstream, answer: bytes, expected: tuple[int, bytes]
) -> None:
    async with open_peer(answer_with(answer)) as peer:
        for _ in range(3):
            assert await ask(upstream, peer.base_url) == expected
        assert peer.connections == 1


async def test_trailers_and_interim_headers_are_no_headers(upstream: Http1Upstream) -> None:
    answer = (
        b"HTTP/1.1 103 Early\r\nx-interim: 1\r\n\r\n"
        + _CHUNKED
        + b"4\r\ngood\r\n0\r\nx-trailer: 1\r\n\r\n"
    )
    async with open_peer(answer_with(answer)) as peer:
        received = await upstream.send(get(peer.base_url))
        assert await read_all(received) == b"good"
        assert received.headers == [(b"transfer-encoding", b"chunked")]


async def test_heads_are_answered_on_one_connection(upstream: Http1Upstream) -> None:
    answer = _OK + b"content-length: 1000\r\n\r\n"
    async with open_peer(answer_with(answer)) as peer:
        for _ in range(3):
            assert await ask(upstream, peer.base_url, "HEAD") == (200, b"")
        assert peer.connections == 1


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("GET", GOOD + b"extra"),
        ("GET", GOOD + GOOD),
        ("GET", b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 4\r\n\r\ngoodX"),
        ("HEAD", GOOD),
        ("GET", b"HTTP/1.0 200 OK\r\ncontent-length: 4\r\n\r\ngood"),
        ("GET", b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 4\r\n\r\ngood"),
    ],
)
async def test_what_may_hold_more_than_an_answer_is_not_used_again(
    upstream: Http1Upstream, method: str, answer: bytes
) -> None:
    async with open_peer(answer_with(answer)) as peer:
        for number in range(1, 4):
            body = b"" if method == "HEAD" else b"good"
            assert await ask(upstream, peer.base_url, method) == (200, body)
            assert peer.connections == number


async def test_what_comes_unasked_ends_an_idle_connection(upstream: Http1Upstream) -> None:
    may_speak = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(GOOD)
        await may_speak.wait()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil")
        await reader.read()

    async def is_gone() -> bool:
        return upstream.open_connections == 0

    async with open_peer(talk) as peer:
        assert await ask(upstream, peer.base_url) == (200, b"good")
        may_speak.set()
        await until(is_gone)


@pytest.mark.parametrize("answer", [GOOD, _CHUNKED + b"2\r\ngo\r\n2\r\nod\r\n0\r\n\r\n"])
async def test_a_break_at_any_byte_is_seen(upstream: Http1Upstream, answer: bytes) -> None:
    for end in range(len(answer)):
        async with open_peer(answer_with(answer[:end], then_close=True)) as peer:
            with pytest.raises(UpstreamBrokenError):
                await ask(upstream, peer.base_url)
            assert upstream.open_connections == 0


async def test_any_piecing_gives_the_same_answer(upstream: Http1Upstream) -> None:
    answer = b"HTTP/1.1 103 Early\r\n\r\n" + _CHUNKED + b"2\r\ngo\r\n2\r\nod\r\n0\r\na: b\r\n\r\n"

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            for byte in answer:
                writer.write(bytes([byte]))
                await asyncio.sleep(0)

    async with open_peer(talk) as peer:
        for _ in range(3):
            assert await ask(upstream, peer.base_url) == (200, b"good")
        assert peer.connections == 1


async def test_a_body_without_length_ends_with_the_connection(upstream: Http1Upstream) -> None:
    async with open_peer(answer_with(_OK + b"\r\ngood", then_close=True)) as peer:
        assert await ask(upstream, peer.base_url) == (200, b"good")
