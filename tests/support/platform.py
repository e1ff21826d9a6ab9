"""A whole platform of its own for tests: `ai4v up` on free ports, in a folder of its own.

Register `platform` from the conftest.py of the folder that uses it; it is one platform for the
session. Tests that harm it start their own: `with run_platform() as platform:`.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import psutil
import pytest

from ai4v.cli.orphan import find_orphans
from ai4v.cli.port import LOOPBACK, is_free
from ai4v.cli.state import State, read_state
from ai4v.contracts.identity import FirstRun
from ai4v.kit.topology import Topology, load_topology

REPOSITORY = Path(__file__).resolve().parents[2]
MODEL_DIR = REPOSITORY / ".cache" / "models"
"""Pulled on demand, and shared by all tests."""
_COMMAND_TIMEOUT_S = 280.0
_GONE_TIMEOUT_S = 5.0
_STEPS = (0, 100, 200)
"""From a service's port to those of its processes, of which there are three at most."""


@dataclass(frozen=True)
class Platform:
    """A platform that runs, or ran, in a folder of its own."""

    data_dir: Path
    shift: int

    @property
    def environment(self) -> dict[str, str]:
        """What `ai4v` is told."""
        inherited = {
            name: value
            for name, value in os.environ.items()  # noqa: TID251 - handed on, not read
            if not name.startswith("AI4V_")
        }
        return inherited | {
            "AI4V_DATA_DIR": str(self.data_dir),
            "AI4V_MODEL_DIR": str(MODEL_DIR),
            "AI4V_PORT_SHIFT": str(self.shift),
            "PYTHONPATH": str(REPOSITORY / "src"),
        }

    @property
    def topology(self) -> Topology:
        """With this platform's ports."""
        return load_topology().shifted(self.shift)

    @property
    def gateway_url(self) -> str:
        """Where it answers."""
        return f"http://{LOOPBACK}:{self.topology.service('gateway').port}"

    @property
    def first_run(self) -> FirstRun:
        """The administrator and the key that the first start made."""
        return FirstRun.model_validate_json((self.data_dir / "first-run.json").read_bytes())

    @property
    def state(self) -> State:
        """The supervisor's account; fails when there is no supervisor."""
        state = read_state(self.data_dir / "run" / "state.json")
        assert state is not None, "no supervisor runs"
        return state

    def pid(self, name: str) -> int | None:
        """The process of a unit; None while it is down."""
        return next(unit.pid for unit in self.state.units if unit.name == name)

    def command(self, *arguments: str) -> tuple[str, ...]:
        """The command line of `ai4v`."""
        return (sys.executable, "-m", "ai4v.cli.main", *arguments)

    def run(
        self, *arguments: str, environment: Mapping[str, str] = MappingProxyType({})
    ) -> subprocess.CompletedProcess[str]:
        """Run `ai4v` to its end, with more in its environment."""
        return subprocess.run(  # noqa: S603 - the command is ours
            self.command(*arguments),
            env=self.environment | dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_COMMAND_TIMEOUT_S,
            check=False,
        )

    def find_family(self) -> list[psutil.Process]:
        """Return the supervisor and everything below it; nothing when there is no supervisor."""
        state = read_state(self.data_dir / "run" / "state.json")
        if state is None or not psutil.pid_exists(state.pid):
            return []
        supervisor = psutil.Process(state.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def find_workers(self) -> list[psutil.Process]:
        """Return the processes that engines are in."""
        found = []
        for process in self.find_family():
            with suppress(psutil.NoSuchProcess):  # those of PostgreSQL come and go
                if "ai4v.kit.worker.main" in process.cmdline():
                    found.append(process)
        return found

    def find_remains(self) -> list[str]:
        """Name what a platform that was stopped has left behind: it should be nothing."""
        ports = [
            f"{name} listens on {port}"
            for name, port in self.topology.ports.items()
            if not is_free(LOOPBACK, port)
        ]
        processes = [f"process {pid}" for pid in find_orphans(self.data_dir)]
        files = [
            f"file {path}"
            for path in self.data_dir.rglob("*")
            if path.is_socket()
            or path.name == "postmaster.pid"
            or path.suffix in {".lock", ".pid"}
            or path.parent == self.data_dir / "run"
        ]
        return ports + processes + files


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """One platform for the session, first start and all."""
    with run_platform() as running:
        yield running


@contextmanager
def run_platform(
    *arguments: str,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Platform]:
    """Start a platform with more arguments and more in its environment, and stop it.

    Fails when it leaves anything behind.
    """
    with empty_platform() as platform:
        command = ("up", "--detach", "--accept-licences", "--json", *arguments)
        started = platform.run(*command, environment=environment)
        assert started.returncode == 0, started.stderr
        assert json.loads(started.stdout)["first_run"] is not None
        yield platform


@contextmanager
def empty_platform() -> Iterator[Platform]:
    """Give a platform that was never started; stop it, if it was, and remove its folder.

    Fails when it leaves anything behind.
    """
    platform = Platform(Path(tempfile.mkdtemp(prefix="ai4v-platform-")), find_free_shift())
    try:
        yield platform
        family = platform.find_family()
        stopped = platform.run("stop")
        assert stopped.returncode == 0, stopped.stderr
        _, alive = psutil.wait_procs(family, timeout=_GONE_TIMEOUT_S)
        assert alive == []
        assert platform.find_remains() == []
    finally:
        platform.run("stop")
        shutil.rmtree(platform.data_dir)


def find_free_shift() -> int:
    """Return a shift under which every port is free, below those that the system gives out.

    Whatever seed a test chose: tests that run at the same time must not choose the same.
    """
    own = load_topology().ports.values()
    ports = [port + step for port in own for step in _STEPS]
    while True:
        shift = random.SystemRandom().randint(2_000, 32_000 - max(ports))
        if all(is_free(LOOPBACK, port + shift) for port in ports):
            return shift
