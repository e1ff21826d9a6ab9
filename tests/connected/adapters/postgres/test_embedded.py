import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from ai4v.adapters.postgres.embedded import (
    DATABASE,
    ENVIRONMENT,
    HOST,
    ROLE,
    STOP_SIGNAL,
    SUPERUSER,
    EmbeddedPostgres,
    Passwords,
)
from tests.support.poll import until
from tests.support.postgres import PostgresServer, free_port

pytestmark = pytest.mark.connected

PASSWORDS = Passwords("for the superuser's eyes", "it's quoted")


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="ai4v-postgres-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


def run(embedded: EmbeddedPostgres, *parent: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - the command is ours
        (*parent, *embedded.command()),
        cwd="/",
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


async def sign_in(port: int, user: str, password: str) -> asyncpg.Connection:
    return await asyncpg.connect(
        host=HOST, port=port, user=user, password=password, database=DATABASE
    )


async def test_role_signs_in_with_its_password_and_owns_its_database(folder: Path) -> None:
    port = free_port()
    embedded = EmbeddedPostgres(folder, port=port)
    await embedded.prepare(PASSWORDS)
    server = run(embedded)
    await until(embedded.is_accepting)

    connection = await sign_in(port, ROLE, PASSWORDS.role)
    await connection.execute("CREATE SCHEMA own")
    is_superuser = await connection.fetchval(
        "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    )
    settings = {
        name: await connection.fetchval(f"SHOW {name}")
        for name in ("server_encoding", "data_checksums", "fsync", "jit", "listen_addresses")
    }
    await connection.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await sign_in(port, ROLE, "wrong")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await sign_in(port, SUPERUSER, PASSWORDS.role)

    server.send_signal(STOP_SIGNAL)
    assert server.wait(30) == 0
    assert is_superuser is False
    assert settings == {
        "server_encoding": "UTF8",
        "data_checksums": "on",
        "fsync": "on",
        "jit": "off",
        "listen_addresses": HOST,
    }


async def test_prepare_ends_an_orphan_and_recovers_from_a_stale_pid_file(folder: Path) -> None:
    embedded = EmbeddedPostgres(folder, port=free_port())
    await embedded.prepare(PASSWORDS)
    orphan = run(embedded)
    await until(embedded.is_accepting)
    assert embedded.running_pid() == orphan.pid

    await embedded.prepare(PASSWORDS)
    assert orphan.wait(30) == 0

    (folder / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    await embedded.prepare(PASSWORDS)
    server = run(embedded)
    await until(embedded.is_accepting)
    server.send_signal(STOP_SIGNAL)
    assert server.wait(30) == 0


async def test_server_ends_when_its_parent_is_killed(folder: Path) -> None:
    embedded = EmbeddedPostgres(folder, port=free_port())
    await embedded.prepare(PASSWORDS)
    script = "import subprocess, sys; subprocess.Popen(sys.argv[1:], stderr=-3).wait()"
    parent = run(embedded, sys.executable, "-c", script)
    await until(embedded.is_accepting)
    family = psutil.Process(parent.pid).children(recursive=True)

    parent.send_signal(signal.SIGKILL)
    parent.wait(10)

    _, alive = psutil.wait_procs(family, timeout=30)
    assert not alive
    assert not await embedded.is_accepting()


async def test_fixture_gives_an_empty_database(
    postgres_server: PostgresServer, database_url: str
) -> None:
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    tables = await connection.fetchval(
        "SELECT count(*) FROM pg_tables WHERE schemaname <> ALL($1)",
        ["pg_catalog", "information_schema"],
    )
    await connection.close()
    assert tables == 0
