"""A platform of the benchmark's own: fresh data, shifted ports, stopped at the end."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from ai4v.kit.topology import load_topology

_SHIFT = 20_000
"""Keeps every port below those that the system gives out."""
_UNLIMITED = "1000000"


@dataclass(frozen=True, slots=True)
class House:
    """A running platform."""

    data_dir: Path
    key: str
    """An API key without a limit that a benchmark could reach."""

    def url(self, service: str) -> str:
        """Return where `service` listens."""
        ports = {entry.name: entry.port for entry in load_topology().services}
        return f"http://127.0.0.1:{ports[service] + _SHIFT}"

    def pss_mib(self) -> dict[str, float]:
        """Return the proportional share of memory of each process by its role, in MiB."""
        state = json.loads((self.data_dir / "run" / "state.json").read_text())
        root = psutil.Process(state["pid"])
        shares: dict[str, float] = {"supervisor": _pss_mib(root)}
        for child in root.children(recursive=True):
            role = _role(child)
            shares[role] = shares.get(role, 0.0) + _pss_mib(child)
        return shares


@contextmanager
def open_house() -> Iterator[House]:
    """Bring a platform up, and stop and remove it at the end."""
    data_dir = Path(tempfile.mkdtemp(prefix="ai4v-bench-"))
    data_dir.chmod(0o711)
    environment = {
        **os.environ,  # noqa: TID251 - a benchmark starts the program as a shell would
        "AI4V_DATA_DIR": str(data_dir),
        "AI4V_PORT_SHIFT": str(_SHIFT),
    }

    def call(*arguments: str) -> str:
        program = str(Path(sys.executable).with_name("ai4v"))
        done = subprocess.run(
            (program, *arguments), env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout

    try:
        call("up", "--detach", "--accept-licences", "--json")
        limits = [f"--per-{window}={_UNLIMITED}" for window in ("minute", "hour", "day")]
        key = json.loads(call("keys", "create", "--name", "bench", *limits, "--json"))["key"]
        yield House(data_dir, key)
    finally:
        call("stop")
        shutil.rmtree(data_dir)


def _pss_mib(process: psutil.Process) -> float:
    rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    return (
        next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024
    )


def _role(process: psutil.Process) -> str:
    words = process.cmdline()
    if "serve" in words:
        return words[words.index("serve") + 1]
    if "ai4v.kit.worker.main" in words:
        return f"worker {words[-1].partition(':')[0].split('.')[2]}"
    return process.name().split("-")[0]
