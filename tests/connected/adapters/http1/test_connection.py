"""Connections of the client: when they are used again, sent on again, ended."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator

import pytest

from ai4v.adapters.http1.pool import UpstreamLimits
from ai4v.adapters.http1.upstream import Http1Upstream
from ai4v.contracts.error import ServiceUnavailableError
from ai4v.ports.upstream import (
    UpstreamAnswer,
    UpstreamBrokenError,
    UpstreamRefusedError,
    UpstreamRequest,
)
from tests.conformance.upstream import read_all
from tests.support.asking import GOOD, ask, get
from tests.support.peer import answer_with, open_peer
from tests.support.poll import until

pytestmark = pytest.mark.connected

_OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(("method", "is_repeated"), [("GET", True), ("PUT", True), ("POST", False)])
async def test_a_kept_connection_found_closed_costs_no_repeatable_request(
    upstream: Http1Upstream, method: str, *, is_repeated: bool
) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(GOOD)
        await reader.readuntil(b"\r\n\r\n")

    async with open_peer(talk) as peer:
        assert await ask(upstream, peer.base_url) == (200, b"good")
        if is_repeated:
            assert await ask(upstream, peer.base_url, method) == (200, b"good")
        else:
            with pytest.raises(UpstreamBrokenError):
                await ask(upstream, peer.base_url, method)
        assert peer.connections == 1 + is_repeated


async def test_a_streamed_body_is_not_sent_twice(upstream: Http1Upstream) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"once"

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(GOOD)
        await reader.readuntil(b"\r\n\r\n")

    async with open_peer(talk) as peer:
        assert await ask(upstream, peer.base_url) == (200, b"good")
        with pytest.raises(UpstreamBrokenError):
            await upstream.send(UpstreamRequest("PUT", peer.base_url, b"/x", [], body()))
        assert peer.connections == 1


@pytest.mark.parametrize("pieces", [(b"a",), (b"abc", b"d")])
async def test_a_body_of_another_length_than_announced_is_broken(
    upstream: Http1Upstream, pieces: tuple[bytes, ...]
) -> None:
    async def body() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def talk(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with open_peer(talk) as peer:
        headers = [(b"content-length", b"3")]
        request = UpstreamRequest("POST", peer.base_url, b"/x", headers, body())
        with pytest.raises(UpstreamBrokenError):
            await upstream.send(request)


async def test_an_early_and_whole_answer_ends_the_upload(upstream: Http1Upstream) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"one"
        await asyncio.Event().wait()

    async with open_peer(answer_with(b"HTTP/1.1 413 No\r\ncontent-length: 0\r\n\r\n")) as peer:
        request = UpstreamRequest("POST", peer.base_url, b"/x", [], body())
        answer = await upstream.send(request)
        assert (answer.status, await read_all(answer)) == (413, b"")
        assert upstream.open_connections == 0


async def test_nothing_is_kept_of_an_upload_that_was_ended(upstream: Http1Upstream) -> None:
    """Not even until the garbage is collected: the gateway does that seldom."""

    async def body() -> AsyncIterator[bytes]:
        yield b"one"
        await asyncio.Event().wait()

    async with open_peer(answer_with(b"HTTP/1.1 413 No\r\ncontent-length: 0\r\n\r\n")) as peer:
        gc.disable()
        try:
            sent = body()
            is_kept = weakref.ref(sent)
            request = UpstreamRequest("POST", peer.base_url, b"/x", [], sent)
            answer = await upstream.send(request)
            del sent, request
            assert await read_all(answer) == b""

            async def is_gone() -> bool:
                return is_kept() is None

            await until(is_gone, timeout_s=5)
        finally:
            gc.enable()


async def test_an_answer_that_is_closed_early_ends_its_connection_alone(
    upstream: Http1Upstream,
) -> None:
    answer = _OK + b"content-length: 100\r\n\r\npart"
    async with open_peer(answer_with(answer)) as stalling, open_peer(answer_with(GOOD)) as good:
        assert await ask(upstream, good.base_url) == (200, b"good")
        held: UpstreamAnswer = await upstream.send(get(stalling.base_url))
        assert await held.read() == b"part"
        held.close()
        held.close()
        assert upstream.open_connections == 1
        with pytest.raises(UpstreamBrokenError):
            await held.read()
        assert await ask(upstream, good.base_url) == (200, b"good")
        assert good.connections == 1


async def test_closing_an_answer_twice_leaves_the_next_exchange_alone(
    upstream: Http1Upstream,
) -> None:
    async with open_peer(answer_with(GOOD)) as peer:
        first = await upstream.send(get(peer.base_url))
        assert await first.read() == b"good"
        asking = asyncio.create_task(upstream.send(get(peer.base_url)))
        await asyncio.sleep(0)
        first.close()
        assert await read_all(await asking) == b"good"
        assert peer.connections == 1


async def test_no_more_connections_than_may_be() -> None:
    async def talk(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    limits = UpstreamLimits(max_connections=2)
    async with (
        open_peer(talk) as peer,
        open_peer(answer_with(GOOD)) as good,
        Http1Upstream(limits) as upstream,
    ):
        assert await ask(upstream, good.base_url) == (200, b"good")
        asking = [asyncio.create_task(upstream.send(get(peer.base_url))) for _ in range(2)]

        async def are_connected() -> bool:
            return peer.connections == 2

        await until(are_connected)
        with pytest.raises(ServiceUnavailableError):
            await upstream.send(get(good.base_url))
        for task in asking:
            task.cancel()
        await asyncio.wait(asking)
        assert await ask(upstream, good.base_url) == (200, b"good")


async def test_a_connection_that_was_idle_too_long_is_not_used() -> None:
    limits = UpstreamLimits(idle_s=0)
    async with open_peer(answer_with(GOOD)) as peer, Http1Upstream(limits) as upstream:
        for number in range(1, 3):
            assert await ask(upstream, peer.base_url) == (200, b"good")
            assert peer.connections == number


async def test_who_does_not_take_connections_is_given_up() -> None:
    limits = UpstreamLimits(connect_timeout_s=0.1)
    async with Http1Upstream(limits) as upstream:
        with pytest.raises(UpstreamRefusedError):
            await ask(upstream, "http://192.0.2.1:9")  # TEST-NET-1: nobody has it
        assert upstream.open_connections == 0


@pytest.mark.parametrize(
    ("target", "header"),
    [
        (b"/x HTTP/1.1\r\nevil: 1", (b"a", b"b")),
        (b"/a b", (b"a", b"b")),
        (b"/x", (b"a", b"b\r\nevil: 1")),
        (b"/x", (b"a", b"b\nevil: 1")),
        (b"/x", (b"a\r\nevil", b"b")),
        (b"/x", (b"a", b"\0")),
    ],
)
async def test_nothing_is_sent_that_would_be_two_requests(
    upstream: Http1Upstream, target: bytes, header: tuple[bytes, bytes]
) -> None:
    async with open_peer(answer_with(GOOD)) as peer:
        with pytest.raises(ValueError, match="ends a line"):
            await upstream.send(UpstreamRequest("GET", peer.base_url, target, [header]))
        assert upstream.open_connections == 0
