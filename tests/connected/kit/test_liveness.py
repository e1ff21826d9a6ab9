"""R14: clients of a stream that are gone, silent, or never read, on real sockets."""

import asyncio
import base64
import os

import pytest

from ai4v.kit import serve
from ai4v.kit.websocket import BoundedWebSocket
from tests.support.edge import Edge, run_edge
from tests.support.poll import until

pytestmark = pytest.mark.connected

_PATIENCE_S = 10.0
_PING_S = 0.1


async def _open(edge: Edge) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    writer.write(
        b"GET /count HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: "
        + base64.b64encode(os.urandom(16))
        + b"\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


def _only_stream(edge: Edge) -> BoundedWebSocket:
    (protocol,) = edge.server.server_state.connections
    assert isinstance(protocol, BoundedWebSocket)
    return protocol


def test_a_lost_client_is_found_within_40_s_as_served() -> None:
    assert serve._PING_S * 2 <= 40


async def test_a_client_that_answers_no_ping_is_closed() -> None:
    async with run_edge() as edge:
        edge.may_receive.set()
        edge.server.config.ws_ping_interval = edge.server.config.ws_ping_timeout = _PING_S
        reader, writer = await _open(edge)
        async with asyncio.timeout(_PATIENCE_S):
            ping = await reader.readexactly(6)
            closing = await reader.read()
        assert ping[0] == 0x89
        assert int.from_bytes(closing[2:4], "big") == 1011
        writer.close()


async def test_a_client_whose_messages_wait_is_not_taken_for_gone() -> None:
    async with run_edge() as edge:
        edge.server.config.ws_ping_interval = edge.server.config.ws_ping_timeout = _PING_S
        reader, writer = await _open(edge)
        writer.write(b"\x81\x81\0\0\0\0x")
        async with asyncio.timeout(_PATIENCE_S):
            for _ in range(3):
                assert (await reader.readexactly(6))[0] == 0x89
        edge.may_receive.set()

        async def is_received() -> bool:
            return edge.received == 1

        await until(is_received)
        writer.close()


async def test_pings_of_a_client_that_reads_nothing_fill_no_memory() -> None:
    async with run_edge() as edge:
        edge.may_receive.set()
        reader, writer = await _open(edge)
        protocol = _only_stream(edge)
        reader._transport.pause_reading()  # type: ignore[attr-defined] # a client that reads nothing
        ping = b"\x89\xfd\0\0\0\0" + b"p" * 125
        for _ in range(200):
            writer.write(ping * 1_000)
            async with asyncio.timeout(_PATIENCE_S):
                await writer.drain()
            assert protocol.transport.get_write_buffer_size() < 1024 * 1024
        assert not protocol.writable.is_set()
        writer.transport.abort()
