"""The first administrator and the first key: asked of the auth service, kept in one file."""

from pathlib import Path
from typing import TypeVar

import httpx2
from pydantic import BaseModel, ValidationError

from ai4v.cli.failure import CommandError
from ai4v.cli.layout import Layout, write_private
from ai4v.cli.settings import Settings
from ai4v.cli.state import read_state
from ai4v.contracts.identity import AdministratorReset, Bootstrap, FirstRun
from ai4v.kit.identity import TOKEN_HEADER, TokenSigner
from ai4v.kit.topology import load_topology

_AUTH = "auth"
_CALLER = "cli"
_TIMEOUT_S = 30.0
_Answer = TypeVar("_Answer", bound=BaseModel)


def read_first_run(path: Path) -> FirstRun | None:
    """Return what the first start kept; None when the file is not there or not ours to read."""
    try:
        return FirstRun.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def make_first_run(settings: Settings) -> None:
    """Make the first administrator and key and keep them; nothing happens when there are users."""
    answer = _ask_auth(settings, "/internal/bootstrap", Bootstrap)
    if answer.first_run is not None:
        _write(Layout(settings.data_dir).first_run_file, answer.first_run)


def reset_administrator(settings: Settings) -> AdministratorReset:
    """Give the administrator a new password; where the first start's is kept, it is replaced."""
    answer = _ask_auth(settings, "/internal/administrator/reset", AdministratorReset)
    path = Layout(settings.data_dir).first_run_file
    kept = read_first_run(path)
    if kept is not None:
        _write(path, kept.model_copy(update={"password": answer.password}))
    return answer


def _write(path: Path, first_run: FirstRun) -> None:
    write_private(path, first_run.model_dump_json(indent=2) + "\n")


def _ask_auth(settings: Settings, path: str, answer: type[_Answer]) -> _Answer:
    """Ask the auth service itself, as the operator of this machine: who may read the keys."""
    private_key = settings.read_secret("AI4V_GATEWAY_INTERNAL_PRIVATE_KEY")
    if not private_key:
        raise CommandError(f"the data folder {settings.data_dir} has no keys of a platform")
    token = TokenSigner(private_key, service=_CALLER).sign(None, _AUTH)
    url = _find_auth(settings) + path
    try:
        response = httpx2.post(url, headers={TOKEN_HEADER: token}, timeout=_TIMEOUT_S)
        response.raise_for_status()
        return answer.model_validate_json(response.content)
    except httpx2.ConnectError:
        message = "the auth service does not answer: is the platform up? (ai4v up)"
        raise CommandError(message) from None
    except (httpx2.HTTPError, ValidationError) as error:
        raise CommandError(f"the auth service refuses: {error}") from None


def _find_auth(settings: Settings) -> str:
    state = read_state(Layout(settings.data_dir).state_file)
    for unit in state.units if state else ():
        if unit.name == _AUTH:
            return unit.address
    port = load_topology().service(_AUTH).port + settings.port_shift
    return f"http://127.0.0.1:{port}"
