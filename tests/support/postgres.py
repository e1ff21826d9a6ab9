"""A real PostgreSQL for tests: one server for the session, a fresh database for each module.

Register `postgres_server` and `database_url` from the conftest.py of the folder that uses them:
`from tests.support.postgres import database_url, postgres_server`.
"""

import asyncio
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from ai4v.adapters.postgres.embedded import (
    ENVIRONMENT,
    HOST,
    STOP_SIGNAL,
    SUPERUSER,
    EmbeddedPostgres,
    Passwords,
)
from tests.support.poll import until

_PASSWORD = "test-only"
_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 60.0
_numbers = itertools.count()


def free_port() -> int:
    """Return a TCP port on which nobody listens now."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass(frozen=True)
class PostgresServer:
    """A running server."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def admin_dsn(self) -> str:
        """For asyncpg, as the superuser, in the database `postgres`."""
        return self.dsn("postgres")

    def dsn(self, database: str) -> str:
        """For asyncpg, as the superuser."""
        return f"postgresql://{SUPERUSER}:{_PASSWORD}@{HOST}:{self.port}/{database}"

    def url(self, database: str) -> str:
        """For SQLAlchemy, as the superuser."""
        return self.dsn(database).replace("postgresql://", "postgresql+asyncpg://", 1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL on a free port; ended, with its folder removed, when the session ends."""
    folder = Path(tempfile.mkdtemp(prefix="ai4v-postgres-"))
    folder.chmod(0o711)
    try:
        server = _start(folder)
        try:
            yield server
        finally:
            server.process.send_signal(STOP_SIGNAL)
            server.process.wait(_STOP_TIMEOUT_S)
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def database_url(postgres_server: PostgresServer) -> Iterator[str]:
    """SQLAlchemy's URL of an empty database, dropped after the module."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    _execute(postgres_server, f"CREATE DATABASE {name}")
    try:
        yield postgres_server.url(name)
    finally:
        _execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(server: PostgresServer, statement: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(server.admin_dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())


def _start(folder: Path) -> PostgresServer:
    port = free_port()
    embedded = EmbeddedPostgres(folder, port=port)
    asyncio.run(embedded.prepare(Passwords(_PASSWORD, _PASSWORD)))
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the command is ours
            (*embedded.command(), "--fsync=off", "--max_connections=200"),
            cwd="/",
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        asyncio.run(until(embedded.is_accepting, timeout_s=_START_TIMEOUT_S))
    except TimeoutError:
        process.kill()
        process.wait()
        pytest.fail(f"PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}")
    return PostgresServer(folder, port, process)
