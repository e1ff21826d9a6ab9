"""Talking to the gateway."""

import secrets
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import httpx2
from pydantic import BaseModel, ValidationError

from ai4v import __version__
from ai4v.cli.address import find_address
from ai4v.cli.failure import PROGRAM, CommandError
from ai4v.cli.firstrun import read_first_run
from ai4v.cli.layout import Layout
from ai4v.cli.patience import Patience, Turn, read_retry_after
from ai4v.cli.plan import EDGE
from ai4v.cli.settings import Settings
from ai4v.cli.transport import find_transport
from ai4v.contracts.error import FieldError

_CONNECT_TIMEOUT_S = 5.0
_LONGEST_S = 300.0
"""The longest deadline that a request may have."""
_SPARE_S = 10.0
"""For the platform to say that a deadline is over."""
_DEADLINE = "X-Request-Timeout-Ms"
_REPEATED = "Idempotency-Key"
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
    """The gateway, as one caller reaches it.

    While it is busy (429 or 503, with Retry-After) a call waits and is made again.
    """

    def __init__(self, http: httpx2.Client, patience: Patience) -> None:
        self._http = http
        self._patience = patience

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
        request = self._http.build_request("POST", path, json=body, headers=self._deadline())
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
            "POST", path, data=dict(fields), files=files, headers=self._deadline()
        )
        return _parse(self._send(request), answer)

    def _deadline(self) -> dict[str, str]:
        return {_DEADLINE: _spell_ms(self._patience.limit_s)}

    def _send(self, request: httpx2.Request) -> httpx2.Response:
        turn = self._patience.begin()
        while True:
            response = self._exchange(request, turn.try_s)
            if response.is_success:
                return response
            refusal = _read_refusal(response)
            retry_after_s = read_retry_after(response)
            if retry_after_s is None:
                raise refusal
            if not turn.wait(retry_after_s, refusal.message):
                raise self._give_up(refusal, retry_after_s)
            _mark_repeated(request, turn)

    def _exchange(self, request: httpx2.Request, limit_s: float) -> httpx2.Response:
        timeout = httpx2.Timeout(min(limit_s, _LONGEST_S) + _SPARE_S, connect=_CONNECT_TIMEOUT_S)
        request.extensions = {**request.extensions, "timeout": timeout.as_dict()}
        try:
            return self._http.send(request)
        except httpx2.ConnectError:
            message = f"nothing answers at {self._http.base_url}: is the platform up? (ai4v up)"
            raise CommandError(message) from None
        except httpx2.HTTPError as error:
            message = f"{self._http.base_url} broke off: {str(error) or type(error).__name__}"
            raise CommandError(message) from None

    def _give_up(self, refusal: RefusalError, retry_after_s: float) -> RefusalError:
        limit_s = self._patience.limit_s
        message = (
            f"{refusal.message}\ngiving up: it can be asked again in {retry_after_s:.0f} s, and a"
            f" call takes {limit_s:g} s in all at most (AI4V_TIMEOUT_S)"
        )
        return RefusalError(message, status=refusal.status, places=refusal.places)


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
            yield Gateway(http, patience or Patience(settings.timeout_s))
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
    return settings.gateway_url or find_address(settings, EDGE)


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


def _mark_repeated(request: httpx2.Request, turn: Turn) -> None:
    """Say how much time is left, and that it is one call: what is done twice is answered once.

    The first try goes without a key. What answered it 429 or 503 did not begin; and with a key it
    would be refused while Valkey is down, and its answer kept for a day.
    """
    if _DEADLINE in request.headers:
        request.headers[_DEADLINE] = _spell_ms(turn.try_s)
    if request.method == "POST":
        request.headers.setdefault(_REPEATED, secrets.token_urlsafe())


def _spell_ms(seconds: float) -> str:
    return str(max(1, round(min(seconds, _LONGEST_S) * 1000)))
