"""The gateway's client on real sockets: what ASGI in one process cannot show."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from ai4v.contracts.error import DeadlineExceededError, UpstreamError
from ai4v.services.gateway.upstream import (
    HttpxUpstream,
    UpstreamAnswer,
    UpstreamRefusedError,
    UpstreamRequest,
    open_transport,
)

pytestmark = pytest.mark.connected

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serve(talk: Conversation) -> AsyncIterator[str]:
    """Run a server whose connections do what `talk` does; yield its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await talk(reader, writer)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}"


@pytest.fixture
async def upstream() -> AsyncIterator[HttpxUpstream]:
    async with open_transport(8) as transport:
        yield HttpxUpstream(transport, connect_timeout_s=0.5)


def post(url: str, body: AsyncIterator[bytes] | None = None) -> UpstreamRequest:
    return UpstreamRequest("POST", f"{url}/x", [(b"x-kept", b"1")], body)


async def read_all(answer: UpstreamAnswer) -> bytes:
    content = b"".join([chunk async for chunk in answer.chunks()])
    await answer.aclose()
    return content


async def test_bodies_are_streamed_both_ways(upstream: HttpxUpstream) -> None:
    told: list[bytes] = []
    first_seen, may_end = asyncio.Event(), asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.append(await reader.readuntil(b"one\r\n"))
        first_seen.set()
        told.append(await reader.readuntil(b"0\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n")
        await writer.drain()
        await may_end.wait()
        writer.write(b"3\r\ntwo\r\n0\r\n\r\n")
        await writer.drain()

    async def body() -> AsyncIterator[bytes]:
        yield b"one"
        await first_seen.wait()
        yield b"two"

    async with serve(talk) as url:
        answer = await upstream.send(post(url, body()), timeout_s=5)
        chunks = answer.chunks()
        assert await anext(chunks) == b"one"
        may_end.set()
        assert await anext(chunks) == b"two"
        await chunks.aclose()
        await answer.aclose()
    assert b"transfer-encoding: chunked" in told[0].lower()
    assert b"user-agent" not in told[0].lower()
    assert b"cookie" not in told[0].lower()


async def test_nobody_there(upstream: HttpxUpstream) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(UpstreamRefusedError):
            await upstream.send(post(url), timeout_s=5)


@pytest.mark.parametrize("said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nconte"])
async def test_no_answer_to_speak_of(upstream: HttpxUpstream, said: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        await writer.drain()

    async with serve(talk) as url:
        with pytest.raises(UpstreamError):
            await upstream.send(post(url), timeout_s=5)


async def test_an_answer_that_breaks_off(upstream: HttpxUpstream) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
        await writer.drain()

    async with serve(talk) as url:
        answer = await upstream.send(post(url), timeout_s=5)
        with pytest.raises(UpstreamError):
            await read_all(answer)


async def test_silence(upstream: HttpxUpstream) -> None:
    async def talk(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serve(talk) as url:
        with pytest.raises(DeadlineExceededError):
            await upstream.send(post(url), timeout_s=0.2)


async def test_giving_up_closes_the_connection(upstream: HttpxUpstream) -> None:
    asked, left = asyncio.Event(), asyncio.Event()

    async def talk(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await reader.read()
        left.set()

    async with serve(talk) as url:
        sending = asyncio.create_task(upstream.send(post(url), timeout_s=60))
        await asked.wait()
        sending.cancel()
        await asyncio.wait_for(left.wait(), 5)


async def test_no_cookie_goes_from_one_caller_to_another(upstream: HttpxUpstream) -> None:
    told: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            told.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 302 Found\r\nset-cookie: a=b\r\nlocation: /y\r\n")
            writer.write(b"content-length: 0\r\n\r\n")
            await writer.drain()

    async with serve(talk) as url:
        for _ in range(2):
            answer = await upstream.send(post(url), timeout_s=5)
            assert answer.status == 302
            assert await read_all(answer) == b""
    assert len(told) == 2
    assert b"cookie" not in told[1].lower()


async def test_what_the_body_raises_is_raised(upstream: HttpxUpstream) -> None:
    class OwnError(Exception):
        pass

    async def body() -> AsyncIterator[bytes]:
        yield b"one"
        raise OwnError

    async def talk(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serve(talk) as url:
        with pytest.raises(OwnError):
            await upstream.send(post(url, body()), timeout_s=5)
