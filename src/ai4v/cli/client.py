"""Talking to the gateway."""

import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import httpx2
from pydantic import BaseModel, ValidationError

from ai4v.cli.failure import CommandError
from ai4v.cli.firstrun import read_first_run
from ai4v.cli.layout import Layout
from ai4v.cli.plan import EDGE
from ai4v.cli.settings import Settings
from ai4v.cli.state import read_state
from ai4v.cli.transport import find_transport
from ai4v.contracts.error import FieldError
from ai4v.kit.topology import load_topology

_CONNECT_TIMEOUT_S = 5.0
_ANSWER_TIMEOUT_S = 310.0
"""More than the longest deadline that a request may have."""
_LONGEST = {"X-Request-Timeout-Ms": "300000"}
"""The longest deadline that a request may have."""
_Answer = TypeVar("_Answer", bound=BaseModel)


class RefusalError(CommandError):
    """The gateway, or a service behind it, refused; it may say which places are to blame."""

    def __init__(self, message: str, *, status: int, places: Sequence[FieldError] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.places = tuple(places)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to be sent."""

    name: str
    content: bytes


class Gateway:
    """The gateway, as one caller reaches it."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http

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
        return _parse(
            self._send(self._http.build_request(method, path, json=body, params=query)), answer
        )

    def work(self, path: str, body: Mapping[str, object], answer: type[_Answer]) -> _Answer:
        """Send JSON to be worked on, and wait for as long as a request may take.

        Raises:
            CommandError: as `ask`.
        """
        request = self._http.build_request("POST", path, json=body, headers=_LONGEST)
        return _parse(self._send(request), answer)

    def tell(self, method: str, path: str, body: Mapping[str, object] | None = None) -> None:
        """Have something done that has no answer.

        Raises:
            CommandError: as `ask`.
        """
        self._send(self._http.build_request(method, path, json=body))

    def delete(self, path: str) -> None:
        """Delete something.

        Raises:
            CommandError: as `ask`.
        """
        self._send(self._http.build_request("DELETE", path))

    def upload(
        self, path: str, upload: Upload, fields: Mapping[str, str], answer: type[_Answer]
    ) -> _Answer:
        """Send a file with form fields.

        Raises:
            CommandError: as `ask`.
        """
        files = {"file": (upload.name, upload.content)}
        request = self._http.build_request(
            "POST", path, data=dict(fields), files=files, headers=_LONGEST
        )
        return _parse(self._send(request), answer)

    def _send(self, request: httpx2.Request) -> httpx2.Response:
        try:
            response = self._http.send(request)
        except httpx2.ConnectError:
            message = f"nothing answers at {self._http.base_url}: is the platform up? (ai4v up)"
            raise CommandError(message) from None
        except httpx2.HTTPError as error:
            message = f"{self._http.base_url} broke off: {str(error) or type(error).__name__}"
            raise CommandError(message) from None
        if not response.is_success:
            raise _read_refusal(response)
        return response


@contextmanager
def open_gateway(
    settings: Settings, credential: str, *, answer_limit_s: float = _ANSWER_TIMEOUT_S
) -> Iterator[Gateway]:
    """Reach the gateway with an API key or access token; an empty one asks without.

    Args:
        settings: say where it is.
        credential: who asks.
        answer_limit_s: of each answer.

    Raises:
        CommandError: what is to be sent, or where, cannot be written in a request.
    """
    if any(sign.isspace() or not sign.isprintable() for sign in credential):
        raise CommandError("a key cannot be sent: it holds a line break or space")
    headers = {"Authorization": f"Bearer {credential}"} if credential else {}
    timeout = httpx2.Timeout(answer_limit_s, connect=_CONNECT_TIMEOUT_S)
    base_url = find_gateway(settings)
    try:
        with httpx2.Client(
            base_url=base_url,
            headers=headers,
            timeout=timeout,
            transport=find_transport(),
            verify=make_trust(settings) if base_url.startswith("https:") else True,
        ) as http:
            yield Gateway(http)
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
    """Return AI4V_GATEWAY_URL, else where the platform that runs here has its gateway."""
    if settings.gateway_url:
        return settings.gateway_url
    state = read_state(Layout(settings.data_dir).state_file)
    for unit in state.units if state else ():
        if unit.name == EDGE:
            return unit.address
    port = load_topology().service(EDGE).port + settings.port_shift
    return f"http://127.0.0.1:{port}"


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


def _parse(response: httpx2.Response, answer: type[_Answer]) -> _Answer:
    try:
        return answer.model_validate_json(response.content)
    except ValidationError:
        raise CommandError(f"{response.url} answers something else: is it our gateway?") from None


def _read_refusal(response: httpx2.Response) -> RefusalError:
    """Say what the error body says."""
    status = response.status_code
    try:
        detail = response.json()["detail"]
        message = detail["message"]
        places = [FieldError.model_validate(place) for place in detail.get("errors") or ()]
        lines = [f"{message} ({detail['code']}, request {detail['requestId']})"]
    except (ValueError, LookupError, TypeError):
        return RefusalError(f"{response.url} answers {status}", status=status)
    told = [(place.message, f"{place.path}: {place.message}") for place in places]
    lines += [f"  {line}" for bare, line in told if message not in (bare, line)]
    return RefusalError("\n".join(lines), status=status, places=places)
