"""A session that is for one command ends with it, however it ends."""

import signal
from collections.abc import Callable, Iterator

import click
import httpx2
import pytest

from ai4v.cli.administrator import open_gateway_as_administrator
from ai4v.cli.failure import CommandError
from ai4v.cli.settings import Settings
from ai4v.contracts.role import Role
from ai4v.contracts.roletable import RoleList, RoleView
from tests.support.gateway import SIGN_OUT, refuse

_LOGIN = "/api/v1/auth/login"
_WORK = "/api/v1/auth/roles"
_SETTINGS = Settings.load(
    {
        "AI4V_DATA_DIR": "/nowhere",
        "AI4V_GATEWAY_URL": "http://gateway",
        "AI4V_ADMIN_PASSWORD": "correct horse battery",
    }
)
_ROLES = RoleList(roles=(RoleView(role=Role.GUEST, permissions=frozenset()),))


class _House:
    """Does something while it is asked for a path, and remembers what was asked, and as whom."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.meanwhile: dict[str, Callable[[], object]] = {}
        self.sign_out = httpx2.Response(204)

    def run(self) -> RoleList:
        """Run a command that signs in for itself."""
        transport = httpx2.MockTransport(self._answer)
        with (
            click.Context(click.Command("roles"), obj=transport),
            open_gateway_as_administrator(_SETTINGS) as gateway,
        ):
            return gateway.ask("GET", _WORK, RoleList)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        self.asked.append((path, request.headers.get("authorization", "")))
        self.meanwhile.get(path, lambda: None)()
        if path == _LOGIN:
            return httpx2.Response(200, json={"access_token": "t", "expires_in": 60})
        if path == SIGN_OUT:
            return self.sign_out
        return httpx2.Response(200, text=_ROLES.model_dump_json())


_SIGNED_OUT = (SIGN_OUT, "Bearer t")


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """Let signals be heard, also where whoever started the tests ignores them and passes it on."""
    interruption = signal.signal(signal.SIGINT, signal.default_int_handler)
    hang_up = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGINT, interruption)
    signal.signal(signal.SIGHUP, hang_up)


def _send(number: int) -> Callable[[], object]:
    return lambda: signal.raise_signal(number)


def _fail() -> None:
    raise OSError("broken")


def test_the_session_ends_with_the_command() -> None:
    house = _House()
    assert house.run() == _ROLES
    assert house.asked == [(_LOGIN, ""), (_WORK, "Bearer t"), _SIGNED_OUT]


def test_the_session_ends_with_a_command_that_fails() -> None:
    house = _House()
    house.meanwhile[_WORK] = _fail
    with pytest.raises(OSError, match="broken"):
        house.run()
    assert house.asked[-1] == _SIGNED_OUT


@pytest.mark.parametrize("path", [_LOGIN, _WORK])
@pytest.mark.parametrize(
    ("number", "error"),
    [
        (signal.SIGINT, KeyboardInterrupt),
        (signal.SIGTERM, SystemExit),
        (signal.SIGHUP, SystemExit),
    ],
)
def test_the_session_ends_with_a_command_that_is_interrupted(
    path: str, number: int, error: type[BaseException]
) -> None:
    house = _House()
    house.meanwhile[path] = _send(number)
    with pytest.raises(error) as caught:
        house.run()
    assert house.asked[-1] == _SIGNED_OUT
    if error is SystemExit:
        assert caught.value.args == (128 + number,)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_an_interruption_does_not_keep_the_session_from_ending() -> None:
    house = _House()
    house.meanwhile = {_WORK: _send(signal.SIGINT), SIGN_OUT: _send(signal.SIGINT)}
    with pytest.raises(KeyboardInterrupt):
        house.run()
    assert house.asked[-1] == _SIGNED_OUT


def test_who_is_not_let_in_has_nothing_to_end() -> None:
    house = _House()
    house.meanwhile[_LOGIN] = _fail
    with pytest.raises(OSError, match="broken"):
        house.run()
    assert [path for path, _ in house.asked] == [_LOGIN]


def test_a_session_that_cannot_be_ended_is_told_and_changes_no_outcome(
    capsys: pytest.CaptureFixture[str],
) -> None:
    house = _House()
    house.sign_out = refuse(500, "it broke")
    assert house.run() == _ROLES
    told = "ai4v: the session could not be ended: it broke (SOME_CODE, request r-1)\n"
    assert capsys.readouterr().err == told


def test_a_session_that_the_command_has_ended_is_no_fault(
    capsys: pytest.CaptureFixture[str],
) -> None:
    house = _House()
    house.sign_out = refuse(401, "signed out")
    assert house.run() == _ROLES
    assert capsys.readouterr().err == ""


def test_without_a_password_nobody_is_asked() -> None:
    with (
        pytest.raises(CommandError, match="set AI4V_ADMIN_PASSWORD"),
        open_gateway_as_administrator(Settings.load({"AI4V_DATA_DIR": "/nowhere"})),
    ):
        pytest.fail("nobody signed in")
