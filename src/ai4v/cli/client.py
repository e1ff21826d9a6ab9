"""Talking to the gateway."""

import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

import httpx2
from pydantic import BaseModel

from ai4v import __version__
from ai4v.cli.address import find_address
from ai4v.cli.exchange import LONGEST_S, Exchange
from ai4v.cli.failure import PROGRAM, CommandError
from ai4v.cli.firstrun import read_first_run
from ai4v.cli.layout import Layout
from ai4v.cli.patience import Patience
from ai4v.cli.plan import EDGE
from ai4v.cli.settings import Settings
from ai4v.cli.transport import find_transport

_WEB_ADDRESS: Final = re.compile(r"https?://[^/?#:\s]", re.IGNORECASE)
_Answer = TypeVar("_Answer", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to be sent."""

    name: str
    content: bytes


class Gateway:
    """The gateway, as one caller reaches it; while it is busy a call waits (`Exchange`)."""

    def __init__(self, http: httpx2.Client, patience: Patience) -> None:
        self._http = http
        self._exchange = Exchange(http, patience)

    def ask(
        self,
        method: str,
        path: str,
        answer: type[_Answer],
        *,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> _Answer:
        """Send JSON and read the answer.

        Raises:
            RefusalError: the answer is a refusal; the message is its own.
            CommandError: nobody answers, or somebody else.
        """
        request = self._http.build_request(method, path, json=body, params=query)
        return self._exchange.ask(request, answer)

    def work(self, path: str, body: Mapping[str, object], answer: type[_Answer]) -> _Answer:
        """Send JSON to be worked on, and wait for as long as a request may take.

        Raises:
            CommandError: as `ask`.
        """
        request = self._http.build_request("POST", path, json=body, headers=self._deadline)
        return self._exchange.ask(request, answer)

    def tell(self, method: str, path: str, body: Mapping[str, object] | None = None) -> None:
        """Have something done that has no answer.

        Raises:
            CommandError: as `ask`.
        """
        self._exchange.send(self._http.build_request(method, path, json=body))

    def delete(self, path: str) -> None:
        """Delete something.

        Raises:
            CommandError: as `ask`.
        """
        self._exchange.send(self._http.build_request("DELETE", path))

    def upload(
        self, path: str, upload: Upload, fields: Mapping[str, str], answer: type[_Answer]
    ) -> _Answer:
        """Send a file with form fields.

        Raises:
            CommandError: as `ask`.
        """
        files = {"file": (upload.name, upload.content)}
        request = self._http.build_request(
            "POST", path, data=dict(fields), files=files, headers=self._deadline
        )
        return self._exchange.ask(request, answer)

    @property
    def _deadline(self) -> dict[str, str]:
        return self._exchange.begin_deadline()


@contextmanager
def open_gateway(
    settings: Settings, credential: str, *, patience: Patience | None = None
) -> Iterator[Gateway]:
    """Reach the gateway with an API key or access token; an empty one asks without.

    Args:
        settings: say where it is.
        credential: who asks.
        patience: other than a call's usual AI4V_TIMEOUT_S.

    Raises:
        CommandError: what is to be sent, or where, cannot be written in a request.
    """
    if any(sign.isspace() or not sign.isprintable() for sign in credential):
        raise CommandError("a key cannot be sent: it holds a line break or space")
    headers = {"User-Agent": f"{PROGRAM}/{__version__}"}
    if credential:
        headers["Authorization"] = f"Bearer {credential}"
    base_url = find_gateway(settings)
    try:
        with httpx2.Client(
            base_url=base_url,
            headers=headers,
            transport=find_transport(),
            verify=make_trust(settings) if base_url.startswith("https:") else True,
        ) as http:
            yield Gateway(http, patience or Patience(settings.timeout_s, try_limit_s=LONGEST_S))
    except UnicodeEncodeError as error:
        message = f"a {'key' if error.encoding == 'ascii' else 'name or argument'} cannot be sent"
        raise CommandError(f"{message}: it is not {error.encoding}") from None
    except httpx2.InvalidURL as error:
        raise CommandError(f"{base_url} is no address: {error}") from None


def find_api_key(settings: Settings) -> str:
    """Return AI4V_API_KEY, else the first start's key.

    Raises:
        CommandError: there is neither.
    """
    if settings.api_key:
        return settings.api_key
    first_run = read_first_run(Layout(settings.data_dir).first_run_file)
    if first_run is None:
        raise CommandError("set AI4V_API_KEY; make a key with: ai4v keys create --name NAME")
    return first_run.api_key


def find_gateway(settings: Settings) -> str:
    """Return AI4V_GATEWAY_URL, else where the platform that runs here has its gateway.

    Raises:
        CommandError: AI4V_GATEWAY_URL is no address, or AI4V_PORT_SHIFT leaves no port.
    """
    url = settings.gateway_url
    if not url:
        return find_address(settings, EDGE)
    if not _WEB_ADDRESS.match(url):
        message = "AI4V_GATEWAY_URL is no address such as https://speech.example.org"
        raise CommandError(f"{message}: {url}")
    return url


def make_trust(settings: Settings) -> ssl.SSLContext:
    """Return what the gateway's certificate is checked by.

    Raises:
        CommandError: AI4V_GATEWAY_CA names no certificate.
    """
    context = ssl.create_default_context()
    own = Layout(settings.data_dir).certificate_file
    file = settings.gateway_ca or (own if own.is_file() else None)
    if file is not None:
        try:
            context.load_verify_locations(file)
        except OSError as error:
            raise CommandError(f"AI4V_GATEWAY_CA: {file} is no certificate: {error}") from None
    return context
