"""Signing in at the command line, and what it keeps."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from click.testing import CliRunner, Result

from ai4v.cli.failure import CommandError
from ai4v.cli.main import root
from ai4v.contracts.session import SessionList, SessionTokens, SessionView
from tests.support.gateway import refuse

_SESSION = SessionView(
    id=uuid4(),
    method="password",
    address="203.0.113.9",
    user_agent="a browser",
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    last_used_at=datetime(2026, 1, 2, tzinfo=UTC),
    expires_at=datetime(2026, 1, 31, tzinfo=UTC),
    is_current=True,
)
_NOT_ENDED = "ai4v: the session kept before could not be ended"
_ADVICE = "it is forgotten here; to end it: ai4v sessions list, ai4v sessions revoke ID"


class _Platform:
    """Hands out tokens, each refresh token good once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.gateway = "http://gateway"
        self.lifetime_s = 900
        self.asked: list[tuple[str, str, str]] = []
        self.hosts: list[str] = []
        self.logout = httpx2.Response(204)
        self._count = 0
        self._live: set[str] = set()

    @property
    def file(self) -> Path:
        return self.folder / "session.json"

    def run(self, *arguments: str, stdin: str = "") -> Result:
        environment = {
            "AI4V_GATEWAY_URL": self.gateway,
            "AI4V_DATA_DIR": str(self.folder),
            "AI4V_ADMIN_PASSWORD": "the administrator's",
        }
        runner = CliRunner(env=environment)
        result = runner.invoke(root, arguments, input=stdin, obj=httpx2.MockTransport(self._answer))
        if result.exception and not isinstance(result.exception, CommandError | SystemExit):
            raise result.exception
        return result

    def fail(self, *arguments: str) -> str:
        error = self.run(*arguments).exception
        assert isinstance(error, CommandError)
        return error.message

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path.removeprefix("/api/v1/auth")
        self.asked.append((request.method, path, request.headers.get("authorization", "")))
        self.hosts.append(request.url.host)
        if path == "/login":
            return self._make_tokens()
        if path == "/refresh":
            return self._renew(json.loads(request.content)["refresh_token"])
        if path == "/logout":
            return self.logout
        if path == "/users":
            user = {
                "id": str(_SESSION.id),
                "username": "asha",
                "role": "user",
                "is_active": True,
                "created_at": "2026-01-01T00:00:00Z",
            }
            found = [user] if request.url.params["username"].lower() == "asha" else []
            return httpx2.Response(200, json={"users": found, "next_cursor": None})
        if request.method == "GET":
            content = SessionList(sessions=(_SESSION,)).model_dump_json()
            return httpx2.Response(200, content=content)
        return httpx2.Response(204)

    def _renew(self, used: str) -> httpx2.Response:
        if used not in self._live:
            return refuse(401, "used")
        self._live.remove(used)
        return self._make_tokens()

    def _make_tokens(self) -> httpx2.Response:
        self._count += 1
        refresh_token = f"refresh-{self._count}"
        self._live.add(refresh_token)
        tokens = SessionTokens(
            access_token=f"access-{self._count}",
            expires_in=self.lifetime_s,
            refresh_token=refresh_token,
            refresh_expires_in=604_800,
        )
        return httpx2.Response(200, content=tokens.model_dump_json())


@pytest.fixture
def platform(tmp_path: Path) -> _Platform:
    return _Platform(tmp_path)


def _sign_in(platform: _Platform) -> None:
    result = platform.run("login", "--username", "asha", stdin="correct horse battery\n")
    assert result.exit_code == 0, result.output
    assert "access" not in result.output


def test_a_session_is_kept_for_its_owner_alone(platform: _Platform) -> None:
    _sign_in(platform)
    assert stat.S_IMODE(platform.file.stat().st_mode) == 0o600
    assert "refresh-1" in platform.file.read_text()
    assert "correct horse" not in platform.file.read_text()


def test_who_signs_in_again_ends_the_session_of_before(platform: _Platform) -> None:
    _sign_in(platform)
    _sign_in(platform)
    assert [what[1:] for what in platform.asked[1:]] == [
        ("/login", ""),
        ("/logout", "Bearer access-1"),
    ]
    assert "refresh-2" in platform.file.read_text()


def test_a_session_of_before_is_renewed_to_be_ended(platform: _Platform) -> None:
    platform.lifetime_s = 0
    _sign_in(platform)
    _sign_in(platform)
    assert platform.asked[-1] == ("POST", "/logout", "Bearer access-3")
    assert "refresh-2" in platform.file.read_text()


def test_a_session_of_before_is_ended_where_it_is_good(platform: _Platform) -> None:
    _sign_in(platform)
    platform.gateway = "http://other"
    _sign_in(platform)
    assert platform.hosts == ["gateway", "other", "gateway"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (refuse(500, "it broke"), f"{_NOT_ENDED}: it broke (SOME_CODE, request r-1)\n{_ADVICE}\n"),
        (refuse(401, "it has ended"), ""),
    ],
)
def test_a_session_of_before_that_cannot_be_ended_is_told(
    platform: _Platform, answer: httpx2.Response, told: str
) -> None:
    _sign_in(platform)
    platform.logout = answer
    result = platform.run("login", "--username", "asha", stdin="correct horse battery\n")
    assert (result.exit_code, result.stderr) == (0, told)
    assert "refresh-2" in platform.file.read_text()


def test_a_session_is_kept_when_another_sign_in_fails(platform: _Platform) -> None:
    _sign_in(platform)
    before = platform.file.read_text()
    platform.fail("login", "--username", "asha")
    assert platform.file.read_text() == before
    assert len(platform.asked) == 1


def test_who_signs_in_without_a_password_is_told(platform: _Platform) -> None:
    message = "no terminal to ask at, and no line on standard input: Password of asha"
    assert platform.fail("login", "--username", "asha") == message
    assert platform.asked == []


def test_sessions_are_listed_by_the_kept_token(platform: _Platform) -> None:
    _sign_in(platform)
    result = platform.run("sessions", "list")
    assert str(_SESSION.id) in result.output
    assert "this one" in result.output
    assert platform.asked[-1] == ("GET", "/sessions", "Bearer access-1")
    rows = json.loads(platform.run("sessions", "list", "--json").output)
    assert rows[0]["address"] == "203.0.113.9"


def test_a_token_that_ends_soon_is_renewed_and_kept(platform: _Platform) -> None:
    platform.lifetime_s = 20
    _sign_in(platform)
    for count in (2, 3):
        platform.run("sessions", "list")
        assert platform.asked[-1][2] == f"Bearer access-{count}"
        assert f"refresh-{count}" in platform.file.read_text()


def test_a_session_that_has_ended_is_said_to_have(platform: _Platform) -> None:
    platform.lifetime_s = 0
    _sign_in(platform)
    platform.file.write_text(platform.file.read_text().replace("refresh-1", "refresh-0"))
    assert "ai4v login" in platform.fail("sessions", "list")


def test_without_a_session_one_is_told_to_sign_in(platform: _Platform) -> None:
    assert platform.fail("sessions", "list") == "sign in first: ai4v login"
    platform.file.write_text("oops")
    assert platform.fail("logout") == "sign in first: ai4v login"
    assert platform.asked == []


def test_a_session_of_another_gateway_is_not_sent_to_this_one(platform: _Platform) -> None:
    _sign_in(platform)
    platform.file.write_text(platform.file.read_text().replace("http://gateway", "http://other"))
    platform.asked.clear()
    assert platform.fail("sessions", "list") == "sign in first: ai4v login"
    assert platform.asked == []


@pytest.mark.parametrize(("options", "path"), [((), "/logout"), (("--everywhere",), "/logout/all")])
def test_signing_out_forgets_the_session(
    platform: _Platform, options: tuple[str, ...], path: str
) -> None:
    _sign_in(platform)
    assert platform.run("logout", *options).exit_code == 0
    assert platform.asked[-1] == ("POST", path, "Bearer access-1")
    assert not platform.file.exists()


def test_one_session_is_revoked(platform: _Platform) -> None:
    _sign_in(platform)
    assert platform.run("sessions", "revoke", str(_SESSION.id)).exit_code == 0
    assert platform.asked[-1][:2] == ("DELETE", f"/sessions/{_SESSION.id}")


def test_the_administrator_sees_and_ends_a_users_sessions(platform: _Platform) -> None:
    assert str(_SESSION.id) in platform.run("sessions", "list", "--user", "Asha").output
    assert platform.run("sessions", "revoke", "--user", "asha").exit_code == 0
    assert platform.asked[-2][:2] == ("DELETE", f"/users/{_SESSION.id}/sessions")
    assert platform.asked[-1][:2] == ("POST", "/logout")
    assert platform.fail("sessions", "list", "--user", "nobody") == "there is no user nobody"


@pytest.mark.parametrize(
    "arguments",
    [("login",), ("login", "--username", "a", "--provider", "b"), ("sessions", "revoke")],
)
def test_what_is_not_said_is_asked_for(platform: _Platform, arguments: tuple[str, ...]) -> None:
    assert "say either" in platform.fail(*arguments)
