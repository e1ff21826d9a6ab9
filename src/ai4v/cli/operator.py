"""Asking the auth service itself, as the operator of this machine: who may read the keys."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

import httpx2
from pydantic import BaseModel, ValidationError

from ai4v.cli.address import find_address
from ai4v.cli.failure import CommandError
from ai4v.cli.settings import Settings
from ai4v.cli.transport import find_transport
from ai4v.kit.identity import TOKEN_HEADER, TokenSigner

_AUTH = "auth"
_CALLER = "cli"
_TIMEOUT_S = 30.0
_Answer = TypeVar("_Answer", bound=BaseModel)


def ask_auth(
    settings: Settings,
    path: str,
    answer: type[_Answer],
    *,
    body: Mapping[str, object] | None = None,
    timeout_s: float = _TIMEOUT_S,
) -> _Answer:
    """POST to the auth service.

    Raises:
        CommandError: there are no keys here, nobody answers, or it refuses.
    """
    with _open(settings, timeout_s) as http:
        response = http.post(path, json=body)
        response.raise_for_status()
        return answer.model_validate_json(response.content)


def read_lines_of_auth(settings: Settings, path: str) -> Iterator[str]:
    """GET lines from the auth service, as they come.

    Raises:
        CommandError: as `ask_auth`, or it broke off.
    """
    with _open(settings, _TIMEOUT_S) as http, http.stream("GET", path) as response:
        response.raise_for_status()
        yield from response.iter_lines()


@contextmanager
def _open(settings: Settings, timeout_s: float) -> Iterator[httpx2.Client]:
    private_key = settings.read_secret("AI4V_GATEWAY_INTERNAL_PRIVATE_KEY")
    if not private_key:
        raise CommandError(f"the data folder {settings.data_dir} has no keys of a platform")
    token = TokenSigner(private_key, service=_CALLER).sign(None, _AUTH)
    try:
        with httpx2.Client(
            base_url=find_address(settings, _AUTH),
            headers={TOKEN_HEADER: token},
            timeout=timeout_s,
            transport=find_transport(),
        ) as http:
            yield http
    except httpx2.ConnectError:
        message = "the auth service does not answer: is the platform up? (ai4v up)"
        raise CommandError(message) from None
    except (httpx2.HTTPError, ValidationError) as error:
        raise CommandError(f"the auth service refuses: {error}") from None
