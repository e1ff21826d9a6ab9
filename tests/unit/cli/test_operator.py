"""The auth service is asked by the operator's commands as patiently as the gateway is by others."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import httpx2
import pytest

from ai4v.cli.exchange import RefusalError
from ai4v.cli.failure import CommandError
from ai4v.cli.operator import ask_auth, read_lines_of_auth
from ai4v.cli.patience import Patience
from ai4v.cli.settings import Settings
from ai4v.contracts.session import SigningKeys
from ai4v.kit.identity import TokenVerifier
from tests.support.gateway import refuse
from tests.support.key import KeyPair

_KEYS = KeyPair()
_DONE = httpx2.Response(200, json={"key_ids": ["k"]})


def _busy(retry_after_s: int) -> httpx2.Response:
    answer = refuse(503, "the database is away")
    answer.headers["retry-after"] = str(retry_after_s)
    return answer


class _Auth:
    """Gives answers in order to who has a good token; time passes only while callers wait."""

    def __init__(self, *answers: httpx2.Response) -> None:
        self.paths: list[str] = []
        self.now_s = time.time()
        self._answers = iter(answers)
        self._verifier = TokenVerifier(_KEYS.public.get_secret_value(), audience="auth")

        self._patience = Patience(300.0, clock=lambda: self.now_s, sleep=self._sleep)

    def ask(self) -> SigningKeys:
        return ask_auth(_settings(), "/internal/x", SigningKeys, patience=self._patience)

    def read(self) -> list[str]:
        return list(read_lines_of_auth(_settings(), "/internal/lines", patience=self._patience))

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        assert self._verifier.verify(request.headers["x-ai4v-internal-token"]).service == "cli"
        self.paths.append(request.url.path)
        return next(self._answers)

    def _sleep(self, seconds: float) -> None:
        self.now_s += seconds


def _settings() -> Settings:
    key = _KEYS.private.get_secret_value()
    return Settings.load({"AI4V_DATA_DIR": "/nowhere", "AI4V_GATEWAY_INTERNAL_PRIVATE_KEY": key})


@pytest.fixture
def open_auth() -> Iterator[Callable[..., _Auth]]:
    with click.Context(click.Command("admin")) as context:

        def make(*answers: httpx2.Response) -> _Auth:
            auth = _Auth(*answers)
            context.obj = httpx2.MockTransport(auth.answer)
            return auth

        yield make


def test_who_is_asked_to_come_back_does(open_auth: Callable[..., _Auth]) -> None:
    auth = open_auth(_busy(2), _busy(2), _DONE)
    assert auth.ask().key_ids == ("k",)
    assert auth.paths == ["/internal/x"] * 3


def test_who_comes_back_late_has_a_token_that_is_still_good(
    open_auth: Callable[..., _Auth], monkeypatch: pytest.MonkeyPatch
) -> None:
    auth = open_auth(_busy(100), _DONE)
    monkeypatch.setattr(time, "time", lambda: auth.now_s)
    assert auth.ask().key_ids == ("k",)


def test_giving_up_is_said_in_the_words_of_the_service(open_auth: Callable[..., _Auth]) -> None:
    with pytest.raises(RefusalError, match=r"the database is away.*\ngiving up: .* in 400 s"):
        open_auth(_busy(400)).ask()


def test_lines_are_waited_for_too(open_auth: Callable[..., _Auth]) -> None:
    auth = open_auth(_busy(2), httpx2.Response(200, content=b"one\ntwo\n"))
    assert auth.read() == ["one", "two"]
    assert auth.paths == ["/internal/lines"] * 2


def test_a_refusal_is_told_once(open_auth: Callable[..., _Auth]) -> None:
    auth = open_auth(refuse(404, "there is no such user"))
    with pytest.raises(RefusalError, match="there is no such user"):
        auth.read()
    assert len(auth.paths) == 1


def test_nobody_there_is_told(open_auth: Callable[..., _Auth]) -> None:
    def fail(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    open_auth()
    click.get_current_context().obj = httpx2.MockTransport(fail)
    with pytest.raises(CommandError, match=r"nothing answers at .*\(ai4v up\)"):
        ask_auth(_settings(), "/internal/x", SigningKeys)


def test_without_the_keys_of_a_platform_nobody_is_asked(tmp_path: Path) -> None:
    settings = Settings.load({"AI4V_DATA_DIR": str(tmp_path)})
    with pytest.raises(CommandError, match="has no keys of a platform"):
        ask_auth(settings, "/internal/x", SigningKeys)
