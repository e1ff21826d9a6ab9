"""Who is signed in at this command line: a refresh token in a file of its owner's alone.

The file is `session.json` in AI4V_DATA_DIR where that is set, else in the user's configuration
folder (`~/.config/ai4v`, or below XDG_CONFIG_HOME). A refresh token is good once, and two commands
that used one at the same time would end the session: so a command holds a lock while it renews.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import click
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ai4v.cli.client import Gateway, find_gateway, open_gateway
from ai4v.cli.exchange import RefusalError
from ai4v.cli.failure import PROGRAM, CommandError
from ai4v.cli.layout import write_private
from ai4v.cli.patience import Patience
from ai4v.cli.settings import Settings
from ai4v.contracts.session import SessionTokens

_SPARE_S: Final = 30.0
"""An access token that ends sooner is renewed before it is used."""
_ENDED: Final = 401
"""What a token is answered whose session is over."""
_FAREWELL_S: Final = 15.0
"""For each call that ends the session of before: who signs in does not wait for it any longer."""
_HINT_AGAIN: Final = "sign in again: ai4v login"


class NotSignedInError(CommandError):
    """No session is kept here that is good at this gateway."""

    def __init__(self) -> None:
        super().__init__("sign in first: ai4v login")


class SessionEndedError(CommandError):
    """The session kept here is over at the platform."""


class KeptSession(BaseModel):
    """What the file holds."""

    model_config = ConfigDict(frozen=True)

    gateway: str
    """Where it is good."""
    access_token: str = Field(repr=False)
    access_expires_at: float
    """Seconds since 1970."""
    refresh_token: str = Field(repr=False)


def find_session_file(settings: Settings) -> Path:
    """Return where the session is kept."""
    values = settings.environment
    if values.get("AI4V_DATA_DIR"):
        return settings.data_dir / "session.json"
    home = Path(values.get("HOME") or "~").expanduser()
    return Path(values.get("XDG_CONFIG_HOME") or home / ".config") / "ai4v" / "session.json"


def keep_session(settings: Settings, tokens: SessionTokens) -> None:
    """Keep a new session; the one of before is ended, or it is told that it could not be."""
    path = find_session_file(settings)
    with _locked(path):
        before = _read(path)
        _write(path, find_gateway(settings), tokens)
    if before is not None:
        advice = "it is forgotten here; to end it: ai4v sessions list, ai4v sessions revoke ID"
        with ending("the session kept before", advice):
            _end(replace(settings, gateway_url=before.gateway), before)


@contextmanager
def ending(subject: str, advice: str = "") -> Iterator[None]:
    """End a session; what keeps that from being done is told, and changes no outcome."""
    try:
        yield
    except CommandError as error:
        if isinstance(error, RefusalError) and error.status == _ENDED:
            return  # something else has ended it
        lines = [f"{PROGRAM}: {subject} could not be ended: {error.message}", advice]
        click.echo("\n".join(filter(None, lines)), err=True)


def forget_session(settings: Settings) -> None:
    """Keep no session any more."""
    find_session_file(settings).unlink(missing_ok=True)


@contextmanager
def open_gateway_as_user(settings: Settings, *, is_renewed: bool = False) -> Iterator[Gateway]:
    """Reach the gateway as whoever signed in here.

    Args:
        settings: say where the session is kept.
        is_renewed: the access token that is kept is not used any more.

    Raises:
        SessionEndedError: at the platform the session has ended.
        NotSignedInError: nobody signed in here.
    """
    try:
        token = _find_access_token(settings, is_renewed=is_renewed)
        with open_gateway(settings, token) as gateway:
            yield gateway
    except RefusalError as error:
        if error.status != _ENDED:
            raise
        raise SessionEndedError(f"{error.message}\n{_HINT_AGAIN}") from None


def end_session(settings: Settings, path: str) -> bool:
    """End the session kept here, with a POST to `path`; False when it had ended already.

    Raises:
        NotSignedInError: nobody signed in here.
        CommandError: the platform cannot be asked; the session is kept.
    """
    # A token may be refused whose session stands, when its signing key is dropped: so twice.
    for is_renewed in (False, True):
        with (
            suppress(SessionEndedError),
            open_gateway_as_user(settings, is_renewed=is_renewed) as gateway,
        ):
            gateway.tell("POST", path, {})
            return True
    return False


def _find_access_token(settings: Settings, *, is_renewed: bool) -> str:
    path = find_session_file(settings)
    if not path.exists():
        raise NotSignedInError
    with _locked(path):
        kept = _read(path)
        if kept is None or kept.gateway != find_gateway(settings):
            raise NotSignedInError
        if _is_fresh(kept) and not is_renewed:
            return kept.access_token
        tokens = _renew(settings, kept, Patience(settings.timeout_s))
        _write(path, kept.gateway, tokens)
        return tokens.access_token


def _is_fresh(kept: KeptSession) -> bool:
    return kept.access_expires_at - time.time() > _SPARE_S


def _renew(settings: Settings, kept: KeptSession, patience: Patience) -> SessionTokens:
    body = {"refresh_token": kept.refresh_token}
    with open_gateway(settings, "", patience=patience) as gateway:
        return gateway.ask("POST", "/api/v1/auth/refresh", SessionTokens, body=body)


def _end(settings: Settings, kept: KeptSession) -> None:
    patience = Patience(_FAREWELL_S, advice="")
    is_fresh = _is_fresh(kept)
    token = kept.access_token if is_fresh else _renew(settings, kept, patience).access_token
    with open_gateway(settings, token, patience=patience) as gateway:
        gateway.tell("POST", "/api/v1/auth/logout")


def _read(path: Path) -> KeptSession | None:
    try:
        return KeptSession.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _write(path: Path, gateway: str, tokens: SessionTokens) -> None:
    kept = KeptSession(
        gateway=gateway,
        access_token=tokens.access_token,
        access_expires_at=time.time() + tokens.expires_in,
        refresh_token=tokens.refresh_token,
    )
    write_private(path, kept.model_dump_json() + "\n")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = path.with_name(f".{path.name}.lock")
    lock.touch(mode=0o600)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
