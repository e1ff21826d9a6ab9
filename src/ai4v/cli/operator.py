"""Asking the auth service itself, as the operator of this machine: who may read the keys."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, TypeVar

import httpx2
from pydantic import BaseModel

from ai4v.cli.address import find_address
from ai4v.cli.exchange import Exchange
from ai4v.cli.failure import CommandError
from ai4v.cli.patience import Patience
from ai4v.cli.settings import Settings
from ai4v.cli.transport import find_transport
from ai4v.kit.identity import TOKEN_HEADER, TokenSigner

_AUTH: Final = "auth"
_CALLER: Final = "cli"
_TRY_S: Final = 30.0
_Answer = TypeVar("_Answer", bound=BaseModel)


def ask_auth(
    settings: Settings,
    path: str,
    answer: type[_Answer],
    *,
    body: Mapping[str, object] | None = None,
    patience: Patience | None = None,
) -> _Answer:
    """POST to the auth service.

    Args:
        settings: say where it is.
        path: below /internal.
        answer: what it answers with.
        body: sent as JSON.
        patience: other than a call's usual AI4V_TIMEOUT_S.

    Raises:
        CommandError: there are no keys here, nobody answers, or it refuses.
    """
    with _open(settings) as http:
        exchange = Exchange(http, patience or _usual_patience(settings))
        return exchange.ask(http.build_request("POST", path, json=body), answer)


def read_lines_of_auth(
    settings: Settings, path: str, *, patience: Patience | None = None
) -> Iterator[str]:
    """GET lines from the auth service, as they come.

    Raises:
        CommandError: as `ask_auth`, or it broke off.
    """
    with _open(settings) as http:
        exchange = Exchange(http, patience or _usual_patience(settings))
        with exchange.stream(http.build_request("GET", path)) as response:
            yield from response.iter_lines()


def _usual_patience(settings: Settings) -> Patience:
    return Patience(settings.timeout_s, try_limit_s=_TRY_S)


@contextmanager
def _open(settings: Settings) -> Iterator[httpx2.Client]:
    private_key = settings.read_secret("AI4V_GATEWAY_INTERNAL_PRIVATE_KEY")
    if not private_key:
        message = f"the data folder {settings.data_dir} has no keys of a platform"
        raise CommandError(f"{message}: say with AI4V_DATA_DIR where one has its data")
    signer = TokenSigner(private_key, service=_CALLER)

    def identify(request: httpx2.Request) -> httpx2.Request:
        request.headers[TOKEN_HEADER] = signer.sign(None, _AUTH)
        return request

    with httpx2.Client(
        base_url=find_address(settings, _AUTH),
        auth=identify,  # at each try, since a token is not good for as long as a call may wait
        transport=find_transport(),
    ) as http:
        yield http
