"""Requests and their answers, with one patience for whoever is asked: the gateway or a service."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar

import httpx2
from pydantic import BaseModel, ValidationError

from ai4v.cli.failure import CommandError
from ai4v.cli.patience import Patience, Turn, read_retry_after
from ai4v.contracts.error import FieldError

LONGEST_S: Final = 300.0
"""The longest deadline that a request may have."""
_CONNECT_TIMEOUT_S: Final = 5.0
_SPARE_S: Final = 10.0
"""For the platform to say that a deadline is over."""
_UNTRUSTED: Final = "CERTIFICATE_VERIFY_FAILED"
"""In the reason why no connection was made."""
_DEADLINE: Final = "X-Request-Timeout-Ms"
_REPEATED: Final = "Idempotency-Key"
_Answer = TypeVar("_Answer", bound=BaseModel)


class RefusalError(CommandError):
    """The gateway, or a service behind it, refused; it may say which places are to blame."""

    def __init__(self, message: str, *, status: int, places: Sequence[FieldError] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.places = tuple(places)


class Exchange:
    """Sends requests to one address.

    While who is there is busy (429 or 503, with Retry-After) a request waits and is sent again.
    """

    def __init__(self, http: httpx2.Client, patience: Patience) -> None:
        self._http = http
        self._patience = patience

    def ask(self, request: httpx2.Request, answer: type[_Answer]) -> _Answer:
        """Send a request and read its answer.

        Raises:
            RefusalError: the answer is a refusal; the message is its own.
            CommandError: nobody answers, or somebody else.
        """
        response = self.send(request)
        try:
            return answer.model_validate_json(response.content)
        except ValidationError:
            message = f"{response.url} answers something else: is it our gateway?"
            raise CommandError(message) from None

    def send(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request whose answer is not looked at.

        Raises:
            CommandError: as `ask`.
        """
        with self._told():
            return self._send(request)

    @contextmanager
    def stream(self, request: httpx2.Request) -> Iterator[httpx2.Response]:
        """Send a request whose answer is read as it comes.

        Raises:
            CommandError: as `ask`, or it broke off.
        """
        with self._told():
            response = self._send(request, is_stream=True)
            try:
                yield response
            finally:
                response.close()

    def begin_deadline(self) -> dict[str, str]:
        """Return the header of a request that may take as long as there is patience."""
        return {_DEADLINE: _spell_ms(self._patience.limit_s)}

    def _send(self, request: httpx2.Request, *, is_stream: bool = False) -> httpx2.Response:
        turn = self._patience.begin()
        while True:
            timeout = httpx2.Timeout(turn.try_s + _SPARE_S, connect=_CONNECT_TIMEOUT_S)
            request.extensions = {**request.extensions, "timeout": timeout.as_dict()}
            response = self._http.send(request, stream=is_stream)
            if response.is_success:
                return response
            response.read()
            refusal = _read_refusal(response)
            retry_after_s = read_retry_after(response)
            if retry_after_s is None:
                raise refusal
            if not turn.wait(retry_after_s, refusal.message):
                raise self._give_up(refusal, retry_after_s)
            _mark_repeated(request, turn)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except httpx2.ConnectError as error:
            url = self._http.base_url
            message = f"nothing answers at {url}: is the platform up? (ai4v up)"
            if _UNTRUSTED in str(error):
                message = (
                    f"the certificate of {url} is not trusted: name that of its authority, or its"
                    f" own, in AI4V_GATEWAY_CA ({error})"
                )
            raise CommandError(message) from None
        except httpx2.HTTPError as error:
            message = f"{self._http.base_url} broke off: {str(error) or type(error).__name__}"
            raise CommandError(message) from None

    def _give_up(self, refusal: RefusalError, retry_after_s: float) -> RefusalError:
        patience = self._patience
        message = (
            f"{refusal.message}\ngiving up: it can be asked again in {retry_after_s:.0f} s, and"
            f" this takes {patience.limit_s:g} s in all at most"
        )
        if patience.advice:
            message += f"; {patience.advice}"
        return RefusalError(message, status=refusal.status, places=refusal.places)


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
    return str(max(1, round(min(seconds, LONGEST_S) * 1000)))
