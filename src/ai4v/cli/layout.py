"""Where everything is below the data folder, and who may read it."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from ai4v.adapters.postgres.runtime import (
    EmbeddedPostgresError,
    require_entry,
    unprivileged_account,
)
from ai4v.cli.failure import CommandError


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders and files of one data folder."""

    data_dir: Path

    @property
    def secrets(self) -> Path:
        """Passwords and keys; services read them here."""
        return self.data_dir / "secrets"

    @property
    def logs(self) -> Path:
        """One log a process."""
        return self.data_dir / "log"

    @property
    def run(self) -> Path:
        """What is true only while the platform runs."""
        return self.data_dir / "run"

    @property
    def postgres(self) -> Path:
        """The embedded PostgreSQL."""
        return self.data_dir / "postgres"

    @property
    def valkey(self) -> Path:
        """The embedded Valkey."""
        return self.data_dir / "valkey"

    @property
    def state_file(self) -> Path:
        """The supervisor's account of what runs."""
        return self.run / "state.json"

    @property
    def first_run_file(self) -> Path:
        """The first administrator's password and the first API key."""
        return self.data_dir / "first-run.json"

    @property
    def audit_head_file(self) -> Path:
        """The signed heads of the audit log; only ever added to."""
        return self.data_dir / "audit" / "head.jsonl"

    @property
    def certificate_file(self) -> Path:
        """The development certificate, where one was made."""
        return self.data_dir / "tls" / "certificate.pem"

    @property
    def directory(self) -> Path:
        """What gateways last knew of the instances; it outlives them."""
        return self.data_dir / "directory"

    def directory_file(self, name: str) -> Path:
        """What one gateway last knew, for its next start."""
        return self.directory / f"{name}.json"

    def log_file(self, name: str) -> Path:
        """The log of one process."""
        return self.logs / f"{name}.log"

    def create(self) -> None:
        """Make the folders, closed to everyone else.

        As root others may pass through the data folder, and see nothing in it: PostgreSQL runs
        as an unprivileged user.

        Raises:
            CommandError: the data folder cannot be made or written, or that user cannot reach it.
        """
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.geteuid() == 0:
                mode = stat.S_IMODE(self.data_dir.stat().st_mode)
                self.data_dir.chmod(mode | stat.S_IXOTH)
            for folder in (self.secrets, self.logs, self.run, self.valkey, self.directory):
                folder.mkdir(mode=0o700, exist_ok=True)
                folder.chmod(0o700)
        except OSError as error:
            message = f"the data folder {self.data_dir} cannot be used: {error.strerror}"
            raise CommandError(f"{message}; choose another with AI4V_DATA_DIR") from error
        if problem := self.find_closed_folder():
            raise CommandError(problem)

    def find_closed_folder(self) -> str | None:
        """Say which folder on the way PostgreSQL's user cannot enter; None when all is well."""
        if os.geteuid() != 0:
            return None
        ways = (self.data_dir, *self.data_dir.parents)
        try:
            require_entry(next(way for way in ways if way.exists()), unprivileged_account())
        except EmbeddedPostgresError as error:
            return str(error)
        return None


def write_private(path: Path, text: str) -> None:
    """Replace a file at once by one that its owner alone can read."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    partial.write_text(text, "utf-8")
    partial.replace(path)
