"""Stands in for Node.js and npm on the search path, so that no test needs or asks a registry."""

from pathlib import Path

import pytest

_HEAD = "#!/bin/sh\nPATH=/usr/bin:/bin\n"


class Npm:
    """A folder that is the whole search path, with or without the two programs in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def install(self, *, node: str = "v20.1.0", packs: bytes = b"") -> None:
        """Put both there: `node` tells its version, `npm pack` hands out `packs`."""
        tarball = self._folder / "packed.tgz"
        tarball.write_bytes(packs)
        self._write("node", f"echo {node}\n")
        self._write("npm", f'for place; do :; done\ncp {tarball} "$place/$2.tgz"\n')

    def refuse(self, said: str) -> None:
        """Let npm fail with these words."""
        self._write("npm", f"echo '{said}' >&2\nexit 1\n")

    def _write(self, name: str, lines: str) -> None:
        program = self._folder / name
        program.write_text(_HEAD + lines, "ascii")
        program.chmod(0o755)


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Npm:
    """A machine without npm until the test installs it; register it from a conftest.py."""
    folder = tmp_path / "program"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return Npm(folder)
