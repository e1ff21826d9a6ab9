"""`ai4v doctor`: what this machine has and lacks."""

import ctypes
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import click
import psutil

from ai4v.adapters.postgres.runtime import EmbeddedPostgresError, locate_programs
from ai4v.adapters.valkey.embedded import find_server
from ai4v.cli.address import find_topology
from ai4v.cli.carrier import NPM_REMEDY
from ai4v.cli.example import examples
from ai4v.cli.failure import CommandError
from ai4v.cli.hold import is_held
from ai4v.cli.layout import Layout
from ai4v.cli.output import describe_bytes, json_option, print_json, print_table
from ai4v.cli.port import describe_holder, find_shift, is_free
from ai4v.cli.settings import Settings
from ai4v.kit.model import Model, ModelStore
from ai4v.kit.topology import load_topology

_NEEDED_DISK_BYTES = 1_000_000_000
"""PostgreSQL's programs and cluster, and room for what comes in; the models come on top."""
_NEEDED_MEMORY_BYTES = 3_000_000_000
_NEEDED_PYTHON = (3, 11)
_NEEDED_PIP = 24
_NEEDED_NODE = 20
_PROGRAM_TIMEOUT_S = 10.0
_LIBGOMP = "libgomp.so.1"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    state: Literal["ok", "missing"]
    found: str
    remedy: str = ""
    """What to do; empty when nothing is amiss."""


@examples("ai4v doctor")
@click.command()
@json_option
def doctor(*, as_json: bool) -> None:
    """Say what this machine lacks, and how to get it.

    Looks at disk, memory, ports, programs and models. Status 1 when something is missing.
    """
    settings = Settings.load()
    findings = list(_examine(settings))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        rows = [(item.subject, item.state, item.found, item.remedy) for item in findings]
        print_table(("what", "state", "found", "what to do"), rows)
    amiss = [finding.subject for finding in findings if finding.state != "ok"]
    if amiss:
        raise CommandError(f"needs attention: {', '.join(amiss)}")


def _examine(settings: Settings) -> Iterator[Finding]:
    yield _python()
    store = ModelStore(settings.model_dir)
    absent = [model for name, model in store.catalogue.items() if not store.is_installed(name)]
    yield _disk("disk", settings.data_dir, _NEEDED_DISK_BYTES)
    if absent:
        needed = _NEEDED_DISK_BYTES + _measure_fetching(absent)
        yield _disk("disk for models", store.folder, needed)
    yield _memory()
    yield _setpriv()
    yield _pip()
    yield _npm(absent)
    if sys.platform == "linux":
        yield _libgomp()
    yield _postgres()
    yield _valkey()
    yield _data_dir(settings.data_dir)
    yield from _ports(settings)
    yield from _models(store)


def _judge(subject: str, found: str, remedy: str, *, is_good: bool) -> Finding:
    return Finding(subject, "ok" if is_good else "missing", found, "" if is_good else remedy)


def _python() -> Finding:
    found = ".".join(str(part) for part in sys.version_info[:3])
    remedy = "install Python 3.11 or later, remove .venv, run make up"
    return _judge("python", found, remedy, is_good=sys.version_info >= _NEEDED_PYTHON)


def _disk(subject: str, folder: Path, needed_bytes: int) -> Finding:
    existing = next(part for part in (folder, *folder.parents) if part.exists())
    free = shutil.disk_usage(existing).free
    variable = "AI4V_DATA_DIR" if subject == "disk" else "AI4V_MODEL_DIR"
    remedy = f"have {describe_bytes(needed_bytes)} free, or choose another {variable}"
    found = f"{describe_bytes(free)} free at {existing}"
    return _judge(subject, found, remedy, is_good=free >= needed_bytes)


def _measure_fetching(absent: Sequence[Model]) -> int:
    """Return the most that fetching takes, in bytes: all files, and one model's packages."""
    packages = max(model.download_bytes for model in absent)
    return packages + sum(model.size_bytes for model in absent)


def _memory() -> Finding:
    memory = psutil.virtual_memory()
    found = f"{describe_bytes(memory.available)} free of {describe_bytes(memory.total)}"
    remedy = f"close programs: about {describe_bytes(_NEEDED_MEMORY_BYTES)} are needed"
    return _judge("memory", found, remedy, is_good=memory.available >= _NEEDED_MEMORY_BYTES)


def _setpriv() -> Finding:
    found = shutil.which("setpriv")
    remedy = "install the system package util-linux"
    return _judge("setpriv", found or "not found", remedy, is_good=found is not None)


def _pip() -> Finding:
    is_there = importlib.util.find_spec("pip") is not None
    found = importlib.metadata.version("pip") if is_there else "not found"
    is_good = is_there and int(found.split(".")[0]) >= _NEEDED_PIP
    remedy = f"{sys.executable} -m ensurepip --upgrade; {sys.executable} -m pip install -U pip"
    return _judge("pip", found, remedy, is_good=is_good)


def _npm(absent: Sequence[Model]) -> Finding:
    """Look for what fetches the models that are npm packages; nothing else needs it."""
    names = [model.name for model in absent if model.is_from("npm")]
    version = _ask_node() if shutil.which("npm") else ""
    is_good = not names or int(version.partition(".")[0] or 0) >= _NEEDED_NODE
    found = f"node {version}" if version else "not found"
    if not names:
        found = f"{found}; not needed, the models are here"
    remedy = f"{NPM_REMEDY}, or give {' '.join(f'--without {name}' for name in names)}"
    return _judge("npm", found, remedy, is_good=is_good)


def _ask_node() -> str:
    """Return the version of Node.js, as 20.11.0; empty when there is none that tells it."""
    node = shutil.which("node")
    if node is None:
        return ""
    try:
        asked = subprocess.run(  # noqa: S603 - the program on the path tells its version
            (node, "--version"),
            check=False,
            capture_output=True,
            text=True,
            timeout=_PROGRAM_TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    told = re.fullmatch(r"v(\d[\d.]*)\S*", asked.stdout.strip())
    return told[1] if told else ""


def _libgomp() -> Finding:
    """Look for the one library that a wheel takes from the system: translation needs it."""
    try:
        ctypes.CDLL(_LIBGOMP)
    except OSError:
        remedy = "install the system package libgomp1 (Debian, Ubuntu) or libgomp (Fedora)"
        return Finding("libgomp", "missing", "not found", remedy)
    return Finding("libgomp", "ok", _LIBGOMP)


def _postgres() -> Finding:
    try:
        found = str(locate_programs())
    except EmbeddedPostgresError as error:
        return Finding("postgres", "missing", "not found", str(error))
    return Finding("postgres", "ok", found)


def _valkey() -> Finding:
    try:
        found = str(find_server())
    except FileNotFoundError as error:
        return Finding("valkey", "missing", "not found", str(error))
    return Finding("valkey", "ok", found)


def _data_dir(folder: Path) -> Finding:
    existing = next(part for part in (folder, *folder.parents) if part.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        remedy = f"{existing} cannot be written: choose another AI4V_DATA_DIR"
        return Finding("data folder", "missing", str(folder), remedy)
    problem = Layout(folder).find_closed_folder()
    return _judge("data folder", str(folder), problem or "", is_good=problem is None)


def _ports(settings: Settings) -> Iterator[Finding]:
    topology = find_topology(settings)
    if is_held(Layout(settings.data_dir)):
        yield Finding("ports", "ok", "the platform runs and has them: see ai4v status")
        return
    shift = find_shift(load_topology())
    for name, port in topology.ports.items():
        if is_free("127.0.0.1", port):
            yield Finding(f"port {port}", "ok", f"free for {name}")
        else:
            remedy = f"end it, or AI4V_PORT_SHIFT={shift}" if shift else "end it"
            yield Finding(f"port {port}", "missing", f"taken by {describe_holder(port)}", remedy)


def _models(store: ModelStore) -> Iterator[Finding]:
    for name, model in store.catalogue.items():
        is_good = store.is_installed(name)
        found = "installed" if is_good else f"{describe_bytes(model.download_bytes)} to fetch"
        yield _judge(f"model {name}", found, f"ai4v models pull {name}", is_good=is_good)
