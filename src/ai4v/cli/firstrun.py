"""The first administrator and the first key: asked of the auth service, kept in one file."""

from pathlib import Path

from pydantic import ValidationError

from ai4v.cli.layout import Layout, write_private
from ai4v.cli.operator import ask_auth
from ai4v.cli.settings import Settings
from ai4v.contracts.identity import AdministratorReset, Bootstrap, FirstRun


def read_first_run(path: Path) -> FirstRun | None:
    """Return what the first start kept; None when the file is not there or not ours to read."""
    try:
        return FirstRun.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def make_first_run(settings: Settings) -> None:
    """Make the first administrator and key and keep them; nothing happens when there are users."""
    answer = ask_auth(settings, "/internal/bootstrap", Bootstrap)
    if answer.first_run is not None:
        _write(Layout(settings.data_dir).first_run_file, answer.first_run)


def reset_administrator(settings: Settings) -> AdministratorReset:
    """Give the administrator a new password; where the first start's is kept, it is replaced."""
    answer = ask_auth(settings, "/internal/administrator/reset", AdministratorReset)
    path = Layout(settings.data_dir).first_run_file
    kept = read_first_run(path)
    if kept is not None:
        _write(path, kept.model_copy(update={"password": answer.password}))
    return answer


def _write(path: Path, first_run: FirstRun) -> None:
    write_private(path, first_run.model_dump_json(indent=2) + "\n")
