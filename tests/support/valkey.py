"""A real Valkey for tests: one server for the session, and others to be harmed.

Register what you use from the conftest.py of the folder:
`from tests.support.valkey import namespace, valkey, valkey_server`.
"""

import asyncio
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ai4v.adapters.valkey.connection import ConnectionLimits, ValkeyConnection
from ai4v.adapters.valkey.embedded import HOST, prepare
from tests.support.poll import until

_PASSWORD = 'test only: "quoted" \\ and #'
_PASSWORD_IN_URL = "test%20only%3A%20%22quoted%22%20%5C%20and%20%23"
_START_TIMEOUT_S = 20.0
_STOP_TIMEOUT_S = 20.0

PATIENT = ConnectionLimits(timeout_s=5.0, connect_timeout_s=5.0)
"""For tests that are about something else than time, on a machine that does much else."""


def free_port() -> int:
    """Return a TCP port on which nobody listens now."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


class ValkeyServer:
    """A server of our own; the same port and data after each start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As a service is given it."""
        return f"valkey://:{_PASSWORD_IN_URL}@{HOST}:{self.port}/0"

    async def start(self) -> None:
        """Run the server and wait until it is ready."""
        process = self.spawn()

        async def is_ready() -> bool:
            assert process.poll() is None, self._log.read_text(errors="replace")[-2_000:]
            return b"Ready to accept connections" in self._log.read_bytes()

        await until(is_ready, timeout_s=_START_TIMEOUT_S)

    def stop(self) -> None:
        """End it in order; nothing happens when it does not run."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it without warning."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Let it hold its connections and answer none."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    def spawn(self) -> subprocess.Popen[bytes]:
        """Run the server and wait for nothing."""
        command = prepare(self.folder, port=self.port, password=_PASSWORD)
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - the command is ours
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        return self._process

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        self._process.send_signal(signal.SIGCONT)
        self._process.wait(_STOP_TIMEOUT_S)
        self._process = None


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[ValkeyServer]:
    """A server that every test of the session may use and none may harm."""
    with_server = _serve()
    yield next(with_server)
    next(with_server, None)


@pytest.fixture
def own_valkey_server() -> Iterator[ValkeyServer]:
    """A server for one test, to be stopped, killed or paused."""
    with_server = _serve()
    yield next(with_server)
    next(with_server, None)


@pytest.fixture
def namespace() -> str:
    """A prefix that no other test uses."""
    return f"test-{uuid.uuid4().hex}"


@pytest.fixture
async def valkey(valkey_server: ValkeyServer) -> AsyncIterator[ValkeyConnection]:
    """A patient connection to the session's server."""
    async with ValkeyConnection(valkey_server.url, PATIENT) as connection:
        yield connection


def _serve() -> Iterator[ValkeyServer]:
    folder = Path(tempfile.mkdtemp(prefix="ai4v-valkey-"))
    server = ValkeyServer(folder)
    try:
        asyncio.run(server.start())
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder)
