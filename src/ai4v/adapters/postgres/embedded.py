"""A PostgreSQL of our own: made once below a folder, then run as a child on 127.0.0.1.

It has one superuser, `postgres`, and one database, `ai4v`, owned by the role `ai4v`; everyone
signs in with a password (scram-sha-256), over TCP alone.
"""

import asyncio
import os
import shutil
import signal
import struct
from dataclasses import dataclass
from pathlib import Path

from ai4v.adapters.postgres.runtime import EmbeddedPostgresError, Runtime, locate_runtime

ROLE = "ai4v"
DATABASE = "ai4v"
SUPERUSER = "postgres"
HOST = "127.0.0.1"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
"""All that the programs are told; no PG* variable of ours may reach them."""
STOP_SIGNAL = signal.SIGINT
"""Asks for a fast shutdown: sessions are ended, everything is written."""

_DEATH_SIGNAL = "QUIT"
"""An immediate shutdown when our parent dies: no backend and no shared memory stays."""
_PROTOCOL_3 = 196_608
_ORPHAN_TIMEOUT_S = 30.0
_POLL_S = 0.05
_HBA = f"host all all {HOST}/32 scram-sha-256\n"
_OPTIONS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "120",
    "shared_buffers": "64MB",
    "maintenance_work_mem": "32MB",
    "max_wal_size": "256MB",
    "jit": "off",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_min_error_statement": "panic",  # a statement may carry what a user said
    "log_parameter_max_length_on_error": "0",
}


@dataclass(frozen=True, slots=True)
class Passwords:
    """The two passwords a new server is given."""

    superuser: str
    role: str


class EmbeddedPostgres:
    """The server below one folder."""

    def __init__(self, folder: Path, *, port: int) -> None:
        self._folder = folder.absolute()
        self._data = self._folder / "data"
        self._port = port
        self._runtime: Runtime | None = None

    async def prepare(self, passwords: Passwords) -> None:
        """Make everything `command` needs: programs, cluster, role and database.

        A cluster that is there stays as it is; a creation that was cut off is begun anew. The
        folder is the caller's alone: a server that still runs there outlived its supervisor and
        is ended, and a `postmaster.pid` without a server is removed.

        Raises:
            EmbeddedPostgresError: it cannot be made, or the old server does not end.
        """
        self._runtime = locate_runtime(self._folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self._data.exists():
            await self._create_cluster(self._runtime, passwords)
        await self._end_orphan()

    def command(self) -> tuple[str, ...]:
        """Return the command line of the server; `prepare` comes first."""
        if self._runtime is None:
            raise EmbeddedPostgresError("prepare the server before running it")
        options = [f"--{name}={value}" for name, value in _OPTIONS.items()]
        where = ("-D", str(self._data), "-p", str(self._port))
        return self._runtime.command("postgres", *where, *options, death_signal=_DEATH_SIGNAL)

    async def is_accepting(self, *, timeout_s: float = 1.0) -> bool:
        """Tell whether the server takes sessions: it is up and has recovered."""
        request = f"user\0{ROLE}\0database\0{DATABASE}\0\0".encode()
        try:
            async with asyncio.timeout(timeout_s):
                reader, writer = await asyncio.open_connection(HOST, self._port)
                try:
                    writer.write(struct.pack("!ii", len(request) + 8, _PROTOCOL_3) + request)
                    return await reader.readexactly(1) == b"R"
                finally:
                    writer.close()
                    await writer.wait_closed()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return False

    def running_pid(self) -> int | None:
        """Return the process id of a server that runs on our data; None when there is none."""
        try:
            pid = int((self._data / "postmaster.pid").read_text("ascii").splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None
        return pid if pid in _working_in(self._data) else None

    async def _end_orphan(self) -> None:
        """Wait until no process works on the data, then drop the lock file it left.

        PostgreSQL itself clears the file of a server that is gone, but takes a stranger with the
        same process id for that server. The file may go only when no backend is alive: it is what
        keeps a second server from starting beside them.
        """
        pid = self.running_pid()
        if pid is not None:
            os.kill(pid, STOP_SIGNAL)
        for _ in range(round(_ORPHAN_TIMEOUT_S / _POLL_S)):
            if not _working_in(self._data):
                (self._data / "postmaster.pid").unlink(missing_ok=True)
                return
            await asyncio.sleep(_POLL_S)
        message = f"an old PostgreSQL works on {self._data} and does not end: pid {pid}"
        raise EmbeddedPostgresError(message)

    async def _create_cluster(self, runtime: Runtime, passwords: Passwords) -> None:
        partial = self._folder / "data.partial"
        password_file = self._folder / "password.partial"
        shutil.rmtree(partial, ignore_errors=True)
        password_file.unlink(missing_ok=True)
        partial.mkdir(mode=0o700)
        password_file.touch(mode=0o600)
        password_file.write_text(passwords.superuser, "ascii")
        if runtime.account:
            for path in (partial, password_file):
                os.chown(path, runtime.account.uid, runtime.account.gid)
        try:
            await self._run_initdb(runtime, partial, password_file)
        finally:
            password_file.unlink()
        (partial / "pg_hba.conf").write_text(_HBA, "ascii")
        await self._create_database(runtime, partial, passwords.role)
        partial.rename(self._data)

    async def _run_initdb(self, runtime: Runtime, data: Path, password_file: Path) -> None:
        command = runtime.command(
            "initdb",
            *("-D", str(data), "--username", SUPERUSER, "--pwfile", str(password_file)),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--data-checksums"),
            *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        )
        await _run(command, b"")

    async def _create_database(self, runtime: Runtime, data: Path, password: str) -> None:
        """Use single-user mode: no server listens before the passwords are set."""
        quoted = password.replace("'", "''")
        statements = (
            f"CREATE ROLE {ROLE} LOGIN PASSWORD '{quoted}';\n"
            f"CREATE DATABASE {DATABASE} OWNER {ROLE};\n"
            f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC;\n"
        )
        options = ("-c", "exit_on_error=on", "-c", "log_min_error_statement=panic")
        command = runtime.command("postgres", "--single", "-D", str(data), *options, SUPERUSER)
        await _run(command, statements.encode())


def _working_in(folder: Path) -> list[int]:
    """Return the processes whose working directory is `folder`: every PostgreSQL process's is."""
    resolved = folder.resolve()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == resolved:
                found.append(int(process.name))
        except OSError:  # it ended, or is not ours to look at
            continue
    return found


async def _run(command: tuple[str, ...], text: bytes) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd="/",
        env=ENVIRONMENT,
    )
    output, _ = await process.communicate(text)
    if process.returncode != 0:
        program = next(
            Path(part).name for part in command if part.startswith("/") and "setpriv" not in part
        )
        said = output.decode(errors="replace").strip()[-2000:]
        raise EmbeddedPostgresError(f"{program} ended with {process.returncode}: {said}")
