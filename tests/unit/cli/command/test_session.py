"""Signing in at the command line, and what it keeps."""

import json
import stat
from pathlib import Path

import httpx2
import pytest

from tests.support.gateway import refuse
from tests.support.session import SESSION, SessionPlatform

_ID = str(SESSION.id)
_NOT_ENDED = "ai4v: the session kept before could not be ended"
_ADVICE = "it is forgotten here; to end it: ai4v sessions list, ai4v sessions revoke ID"


@pytest.fixture
def platform(tmp_path: Path) -> SessionPlatform:
    return SessionPlatform(tmp_path)


def test_a_session_is_kept_for_its_owner_alone(platform: SessionPlatform) -> None:
    platform.sign_in()
    assert stat.S_IMODE(platform.file.stat().st_mode) == 0o600
    assert "refresh-1" in platform.file.read_text()
    assert "correct horse" not in platform.file.read_text()


def test_who_signs_in_again_ends_the_session_of_before(platform: SessionPlatform) -> None:
    platform.sign_in()
    platform.sign_in()
    assert [what[1:] for what in platform.asked[1:]] == [
        ("/login", ""),
        ("/logout", "Bearer access-1"),
    ]
    assert "refresh-2" in platform.file.read_text()


def test_a_session_of_before_is_renewed_to_be_ended(platform: SessionPlatform) -> None:
    platform.lifetime_s = 0
    platform.sign_in()
    platform.sign_in()
    assert platform.asked[-1] == ("POST", "/logout", "Bearer access-3")
    assert "refresh-2" in platform.file.read_text()


def test_a_session_of_before_is_ended_where_it_is_good(platform: SessionPlatform) -> None:
    platform.sign_in()
    platform.gateway = "http://other"
    platform.sign_in()
    assert platform.hosts == ["gateway", "other", "gateway"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (refuse(500, "it broke"), f"{_NOT_ENDED}: it broke (SOME_CODE, request r-1)\n{_ADVICE}\n"),
        (refuse(401, "it has ended"), ""),
    ],
)
def test_a_session_of_before_that_cannot_be_ended_is_told(
    platform: SessionPlatform, answer: httpx2.Response, told: str
) -> None:
    platform.sign_in()
    platform.logout = answer
    result = platform.run("login", "--username", "asha", stdin="correct horse battery\n")
    assert (result.exit_code, result.stderr) == (0, told)
    assert "refresh-2" in platform.file.read_text()


def test_a_session_is_kept_when_another_sign_in_fails(platform: SessionPlatform) -> None:
    platform.sign_in()
    before = platform.file.read_text()
    platform.fail("login", "--username", "asha")
    assert platform.file.read_text() == before
    assert len(platform.asked) == 1


def test_who_signs_in_without_a_password_is_told(platform: SessionPlatform) -> None:
    message = "no terminal to ask at, and no line on standard input: Password of asha"
    assert platform.fail("login", "--username", "asha") == message
    assert platform.asked == []


def test_sessions_are_listed_by_the_kept_token(platform: SessionPlatform) -> None:
    platform.sign_in()
    result = platform.run("sessions", "list")
    assert str(SESSION.id) in result.output
    assert "this one" in result.output
    assert platform.asked[-1] == ("GET", "/sessions", "Bearer access-1")
    rows = json.loads(platform.run("sessions", "list", "--json").output)
    assert rows[0]["address"] == "203.0.113.9"


def test_a_token_that_ends_soon_is_renewed_and_kept(platform: SessionPlatform) -> None:
    platform.lifetime_s = 20
    platform.sign_in()
    for count in (2, 3):
        platform.run("sessions", "list")
        assert platform.asked[-1][2] == f"Bearer access-{count}"
        assert f"refresh-{count}" in platform.file.read_text()


def test_a_session_that_has_ended_is_said_to_have(platform: SessionPlatform) -> None:
    platform.lifetime_s = 0
    platform.sign_in()
    platform.file.write_text(platform.file.read_text().replace("refresh-1", "refresh-0"))
    assert "ai4v login" in platform.fail("sessions", "list")


def test_without_a_session_one_is_told_to_sign_in(platform: SessionPlatform) -> None:
    assert platform.fail("sessions", "list") == "sign in first: ai4v login"
    platform.file.write_text("oops")
    assert platform.fail("logout") == "sign in first: ai4v login"
    assert platform.asked == []


def test_a_session_of_another_gateway_is_not_sent_to_this_one(platform: SessionPlatform) -> None:
    platform.sign_in()
    platform.file.write_text(platform.file.read_text().replace("http://gateway", "http://other"))
    platform.asked.clear()
    assert platform.fail("sessions", "list") == "sign in first: ai4v login"
    assert platform.asked == []


@pytest.mark.parametrize("lifetime_s", [900, 0])
@pytest.mark.parametrize("command", [("sessions", "list"), ("me",), ("sessions", "revoke", _ID)])
def test_who_uses_a_session_that_has_ended_is_told_what_to_do(
    platform: SessionPlatform, lifetime_s: int, command: tuple[str, ...]
) -> None:
    platform.lifetime_s = lifetime_s
    platform.sign_in()
    platform.end_sessions()
    assert platform.fail(*command).endswith("\nsign in again: ai4v login")


def test_one_session_is_revoked(platform: SessionPlatform) -> None:
    platform.sign_in()
    assert platform.run("sessions", "revoke", str(SESSION.id)).exit_code == 0
    assert platform.asked[-1][:2] == ("DELETE", f"/sessions/{SESSION.id}")


def test_the_administrator_sees_and_ends_a_users_sessions(platform: SessionPlatform) -> None:
    assert str(SESSION.id) in platform.run("sessions", "list", "--user", "Asha").output
    assert platform.run("sessions", "revoke", "--user", "asha").exit_code == 0
    assert platform.asked[-2][:2] == ("DELETE", f"/users/{SESSION.id}/sessions")
    assert platform.asked[-1][:2] == ("POST", "/logout")
    assert platform.fail("sessions", "list", "--user", "nobody") == "there is no user nobody"


@pytest.mark.parametrize(
    "arguments",
    [("login",), ("login", "--username", "a", "--provider", "b"), ("sessions", "revoke")],
)
def test_what_is_not_said_is_asked_for(
    platform: SessionPlatform, arguments: tuple[str, ...]
) -> None:
    assert "say either" in platform.fail(*arguments)
