"""The kit's server on real sockets: TLS, WebSockets, and the end."""

import asyncio
import base64
import os
import ssl
import warnings
from contextlib import suppress
from pathlib import Path

import pytest
import websockets
from websockets.asyncio.client import ClientConnection, connect

from ai4v.cli.command.certificate import make_certificate
from ai4v.kit.websocket import BoundedWebSocket
from tests.support.edge import Edge, run_edge
from tests.support.poll import until

pytestmark = pytest.mark.connected

_PATIENCE_S = 10.0
_GET = b"GET %b HTTP/1.1\r\nhost: localhost\r\n\r\n"


@pytest.fixture
def tls(tmp_path: Path) -> tuple[Path, Path]:
    return _write(tmp_path)


def _write(folder: Path) -> tuple[Path, Path]:
    files = (folder / "certificate.pem", folder / "key.pem")
    for file, text in zip(files, make_certificate(("localhost", "127.0.0.1")), strict=True):
        file.write_text(text)
    return files


async def talk(edge: Edge, sent: bytes, context: ssl.SSLContext | None = None) -> bytes:
    """Send, and read until the first answer has come or the connection is closed."""
    name = "localhost" if context else None
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", edge.port, ssl=context, server_hostname=name
    )
    try:
        writer.write(sent)
        async with asyncio.timeout(_PATIENCE_S):
            return await reader.read(65_536)
    finally:
        writer.close()


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


async def open_stream(edge: Edge, path: str) -> ClientConnection:
    return await connect(f"ws://127.0.0.1:{edge.port}{path}", max_size=None)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_tls_is_spoken(tls: tuple[Path, Path], version: ssl.TLSVersion) -> None:
    context = trusting(tls[0])
    context.minimum_version = context.maximum_version = version
    async with run_edge(certificate=tls[0], private_key=tls[1]) as edge:
        answer = await talk(edge, _GET % b"/scheme", context)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b'"https"')


@pytest.mark.parametrize(
    ("version", "ciphers"),
    [
        (ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0"),
        (ssl.TLSVersion.TLSv1_2, "AES128-SHA:AES256-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"),
    ],
)
async def test_old_tls_is_refused(
    tls: tuple[Path, Path], version: ssl.TLSVersion, ciphers: str
) -> None:
    context = trusting(tls[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    context.set_ciphers(ciphers)
    async with run_edge(certificate=tls[0], private_key=tls[1]) as edge:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await talk(edge, _GET % b"/scheme", context)
        assert (await talk(edge, _GET % b"/scheme", trusting(tls[0]))).endswith(b'"https"')


async def test_plain_http_on_the_tls_port_is_closed(tls: tuple[Path, Path]) -> None:
    async with run_edge(certificate=tls[0], private_key=tls[1]) as edge:
        answer = await talk(edge, _GET % b"/scheme")
        assert b"HTTP/" not in answer
        assert (await talk(edge, _GET % b"/scheme", trusting(tls[0]))).endswith(b'"https"')


async def test_a_new_certificate_is_taken_and_a_bad_one_is_not(tls: tuple[Path, Path]) -> None:
    async with run_edge(certificate=tls[0], private_key=tls[1]) as edge:
        old = trusting(tls[0])
        _write(tls[0].parent)
        edge.server._reload()
        new = trusting(tls[0])
        with pytest.raises(ssl.SSLError):
            await talk(edge, _GET % b"/scheme", old)
        assert (await talk(edge, _GET % b"/scheme", new)).endswith(b'"https"')
        tls[1].write_text("no key")
        edge.server._reload()
        assert (await talk(edge, _GET % b"/scheme", new)).endswith(b'"https"')


async def test_a_certificate_that_cannot_be_read_stops_the_start(
    tls: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    tls[1].unlink()
    with pytest.raises(SystemExit):
        async with run_edge(certificate=tls[0], private_key=tls[1]):
            pass
    assert "edge cannot start: the certificate or its key" in capsys.readouterr().err


async def test_a_large_message_closes_with_1009_and_nothing_is_compressed() -> None:
    async with run_edge() as edge:
        edge.may_receive.set()
        async with await open_stream(edge, "/count") as socket:
            assert socket.response is not None
            assert "sec-websocket-extensions" not in socket.response.headers
            await socket.send(b"x" * (16 * 1024 * 1024))
            with suppress(websockets.ConnectionClosed):
                await socket.send(b"x" * (16 * 1024 * 1024 + 1))
            async with asyncio.timeout(_PATIENCE_S):
                await socket.wait_closed()
            assert socket.close_code == 1009

        async def is_received() -> bool:
            return edge.received == 1

        await until(is_received)


def _frame(opcode: int, payload: bytes, *, is_last: bool = True) -> bytes:
    head = bytes([opcode | (0x80 if is_last else 0), 0x80 | len(payload)])
    return head + b"\0\0\0\0" + payload


async def _upgrade(
    edge: Edge, more: bytes = b""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    key = base64.b64encode(os.urandom(16))
    writer.write(
        b"GET /count HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: " + key + b"\r\n" + more + b"\r\n"
    )
    return reader, writer


async def test_a_flood_of_tiny_messages_waits_on_the_wire() -> None:
    async with run_edge() as edge:
        reader, writer = await _upgrade(edge)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        (protocol,) = edge.server.server_state.connections
        assert isinstance(protocol, BoundedWebSocket)
        count = 100_000
        sending = asyncio.create_task(_send(writer, _frame(1, b"x") * count))

        async def is_held_back() -> bool:
            return protocol.read_paused

        await until(is_held_back)
        assert len(protocol.queue._events) < 2_000  # type: ignore[attr-defined] # typed as a queue
        edge.may_receive.set()

        async def are_received() -> bool:
            return edge.received == count

        await until(are_received)
        await sending
        writer.close()


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (_frame(1, b"a", is_last=False) + _frame(0, b"", is_last=False) * 5_000, 1008),
        (_frame(1, b"\xff\xfe"), 1007),
        (_frame(3, b"a"), 1002),
        (b"\x81\x01a", 1002),
    ],
)
async def test_what_breaks_the_rules_closes_with_its_code(frames: bytes, code: int) -> None:
    async with run_edge() as edge:
        edge.may_receive.set()
        reader, writer = await _upgrade(edge)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(frames)
        async with asyncio.timeout(_PATIENCE_S):
            closing = await reader.readexactly(4)
        assert closing[0] == 0x88
        assert int.from_bytes(closing[2:4], "big") == code
        writer.close()


async def test_a_handshake_that_cannot_be_read_harms_nobody() -> None:
    async with run_edge() as edge:
        for more in (b"a: b\r\n" * 200, b"a: " + b"b" * 10_000 + b"\r\n"):
            reader, writer = await _upgrade(edge, more)
            async with asyncio.timeout(_PATIENCE_S):
                assert b" 101 " not in await reader.read()
            writer.close()
        assert (await talk(edge, _GET % b"/scheme")).endswith(b'"http"')


async def test_frames_that_come_before_our_answer_harm_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with run_edge() as edge:
        for frames in (b"\xff" * 100, _frame(3, b"a")):
            reader, writer = await _upgrade(edge, b"\r\n" + frames)
            async with asyncio.timeout(_PATIENCE_S):
                await reader.read()
            writer.close()
        assert (await talk(edge, _GET % b"/scheme")).endswith(b'"http"')
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_refused_stream_is_no_error_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    async with run_edge() as edge:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await open_stream(edge, "/refused")
        assert refused.value.response.status_code == 401
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_r11_streams_are_told_requests_finish_and_then_the_port_closes() -> None:
    async with run_edge() as edge:
        streams = [await open_stream(edge, "/stream") for _ in range(20)]
        asking = [asyncio.create_task(talk(edge, _GET % b"/slow")) for _ in range(50)]

        async def are_asked() -> bool:
            return edge.asked == len(asking) and edge.health.drain.streams == len(streams)

        await until(are_asked)
        edge.server.begin_drain()
        edge.server.begin_drain()
        assert not await edge.health.is_ready()
        for stream in streams:
            async with asyncio.timeout(_PATIENCE_S):
                assert await stream.recv() == '{"type":"going_away","deadlineMs":1000}'
        with pytest.raises(websockets.InvalidStatus) as refused:
            await open_stream(edge, "/stream")
        assert refused.value.response.status_code == 503
        assert (await talk(edge, _GET % b"/scheme")).startswith(b"HTTP/1.1 200 ")
        assert not edge.server.should_exit
        for stream in streams:
            await stream.send("last words")
            assert await stream.recv() == "final"
            await stream.wait_closed()
            assert stream.close_code == 1001

        async def is_closing() -> bool:
            return edge.server.should_exit

        await until(is_closing)
        edge.may_answer.set()
        answers = await asyncio.gather(*asking)
        assert all(answer.startswith(b"HTTP/1.1 200 ") for answer in answers)


async def test_a_stream_that_does_not_end_is_not_waited_for_longer_than_the_drain() -> None:
    async with run_edge(drain_s=0.2) as edge:
        stream = await open_stream(edge, "/stream")

        async def is_open() -> bool:
            return edge.health.drain.streams == 1

        await until(is_open)
        edge.server.begin_drain()
        async with asyncio.timeout(_PATIENCE_S):
            assert "going_away" in str(await stream.recv())
            with pytest.raises(websockets.ConnectionClosed):
                await stream.recv()
        assert stream.close_code == 1012
