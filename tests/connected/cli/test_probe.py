"""What the supervisor makes of answers, over real sockets."""

import asyncio
import os
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ai4v.cli.command.certificate import make_certificate
from ai4v.cli.failure import CommandError
from ai4v.cli.port import BusyPort, explain_busy, find_busy, is_free
from ai4v.cli.probe import probe_service, probe_valkey
from ai4v.kit.certificate import TlsFiles
from ai4v.kit.topology import load_topology
from tests.support.postgres import free_port
from tests.support.tcp import HOST, tcp_server

pytestmark = pytest.mark.connected


@asynccontextmanager
async def answering(
    answer: Callable[[bytes], bytes], tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(await reader.read(1_000)))
        await writer.drain()

    async with tcp_server(handle, tls=tls) as port:
        yield port


@pytest.mark.parametrize(
    ("answer", "health"),
    [
        (b'HTTP/1.1 200 OK\r\n\r\n{"status": "healthy"}', "healthy"),
        (b'HTTP/1.1 200 OK\r\n\r\n{"status": "degraded"}', "degraded"),
        (b'HTTP/1.1 503 No\r\n\r\n{"status": "unhealthy"}', "unhealthy"),
        (b"HTTP/1.1 500 No\r\n\r\noops", None),
        (b'HTTP/1.1 404 No\r\n\r\n{"detail": {}}', None),
        (b"HTTP/1.1 404 No\r\n\r\n[]", None),
        (b"", None),
    ],
)
async def test_service_is_as_it_says(answer: bytes, health: str | None) -> None:
    asked = []

    def reply(request: bytes) -> bytes:
        asked.append(request)
        return answer

    async with answering(reply) as port:
        assert await probe_service(HOST, port, "asr") == health
    assert asked[0].startswith(b"GET /api/v1/asr/health HTTP/1.1\r\n")


async def test_a_service_with_a_certificate_for_another_name_is_asked(tmp_path: Path) -> None:
    files = (tmp_path / "certificate.pem", tmp_path / "key.pem")
    for file, text in zip(files, make_certificate(("speech.example.org",)), strict=True):
        file.write_text(text)
    tls = TlsFiles(*files).context
    async with answering(lambda _: b'HTTP/1.1 200 OK\r\n\r\n{"status": "healthy"}', tls) as port:
        assert await probe_service(HOST, port, "gateway", is_secure=True) == "healthy"
        assert await probe_service(HOST, port, "gateway") is None


async def test_nobody_is_no_answer() -> None:
    port = free_port()
    assert await probe_service(HOST, port, "asr") is None
    assert await probe_valkey(HOST, port, "secret") is None


async def test_valkey_is_well_when_it_answers_the_ping() -> None:
    async with answering(lambda _request: b"+OK\r\n+PONG\r\n+OK\r\n") as port:
        assert await probe_valkey(HOST, port, "secret") == "healthy"
    async with answering(lambda _request: b"-LOADING Redis is loading\r\n") as port:
        assert await probe_valkey(HOST, port, "secret") is None


def test_busy_port_is_found_with_its_holder() -> None:
    with socket.create_server((HOST, 0)) as holder:
        port = holder.getsockname()[1]
        assert not is_free(HOST, port)
        (busy,) = find_busy({"taken": port, "free": free_port()}, {})
    assert (busy.name, busy.port) == ("taken", port)
    assert busy.holder.startswith(f"pid {os.getpid()} (")
    assert is_free(HOST, port)


def test_explanation_offers_a_shift() -> None:
    said = explain_busy([BusyPort("asr", 8087, "pid 7 (other)")], load_topology())
    assert said.startswith("port 8087, which asr needs, is taken by pid 7 (other)\n")
    assert re.search(r"AI4V_PORT_SHIFT=\d+ ai4v up", said)


@pytest.mark.parametrize("host", ["no address", "192.0.2.1"])
def test_address_that_is_not_ours_is_told_and_no_busy_port(host: str) -> None:
    with pytest.raises(CommandError, match=f"cannot listen on {host}, port 24080: .*AI4V_BIND"):
        is_free(host, 24080)
