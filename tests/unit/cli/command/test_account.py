"""One's own account: registering, passwords, leaving."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from pydantic import BaseModel

from ai4v.cli.settings import Settings
from ai4v.cli.signin import find_session_file, keep_session
from ai4v.contracts.account import Accepted
from ai4v.contracts.auth import Me, UserView
from ai4v.contracts.identity import RateLimits
from ai4v.contracts.role import Role
from ai4v.contracts.session import SessionTokens
from tests.support.gateway import ENVIRONMENT, FakeGateway, refuse

_OLD = "correct horse battery"
_NEW = "another horse battery"


class Platform(FakeGateway):
    """Takes whatever it is told; Asha is signed in."""

    def __init__(self) -> None:
        super().__init__(self._reply)

    @property
    def asked(self) -> list[tuple[str, str]]:
        """Methods and paths, below that of the service."""
        prefix = "/api/v1/auth"
        return [(one.method, one.url.path.removeprefix(prefix)) for one in self.requests]

    def _reply(self, _body: dict[str, object]) -> BaseModel | httpx2.Response:
        request = self.requests[-1]
        if request.method == "GET":
            asha = UserView(
                id=UUID(int=7),
                username="asha",
                role=Role.GUEST,
                is_active=True,
                created_at=datetime(2026, 1, 1, tzinfo=UTC),
                email="asha@example.org",
            )
            me = Me(user=asha, key_id=None, limits=RateLimits())
            return httpx2.Response(200, text=me.model_dump_json())
        is_letter = request.method == "PATCH" or request.url.path.endswith(("register", "reset"))
        return Accepted(message="a letter") if is_letter else httpx2.Response(204)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    monkeypatch.setenv("AI4V_DATA_DIR", str(tmp_path))
    return Settings.load(ENVIRONMENT | {"AI4V_DATA_DIR": str(tmp_path)})


@pytest.fixture
def platform(settings: Settings) -> Platform:
    tokens = SessionTokens(
        access_token="token", expires_in=900, refresh_token="a4r_x", refresh_expires_in=900
    )
    keep_session(settings, tokens)
    return Platform()


def test_who_registers_is_told_of_a_letter(platform: Platform) -> None:
    arguments = ("register", "asha", "--email", "asha@example.org")
    result = platform.run(*arguments, stdin=f"{_NEW}\n".encode())
    assert (result.stdout, result.exit_code) == ("a letter\n", 0)
    assert platform.asked == [("POST", "/register")]
    assert platform.bodies == [{"username": "asha", "email": "asha@example.org", "password": _NEW}]
    assert "authorization" not in platform.requests[0].headers
    shown = platform.run(*arguments, "--json", stdin=f"{_NEW}\n".encode())
    assert json.loads(shown.stdout) == {"message": "a letter"}


def test_a_poor_password_is_explained() -> None:
    gateway = FakeGateway(lambda _: refuse(422, "see errors", password="is too easy to guess"))
    message = gateway.fail("register", "asha", "--email", "a@b.c", stdin=b"passwordpassword\n")
    assert "password: is too easy to guess" in message


def test_without_a_terminal_the_password_must_come_on_standard_input(platform: Platform) -> None:
    message = platform.fail("register", "asha", "--email", "a@b.c", stdin=b"")
    assert "no line on standard input: Password" in message
    assert not platform.requests


def test_who_am_i(platform: Platform) -> None:
    shown = platform.run("me").stdout
    assert "user     asha (guest, active)" in shown
    assert "asha@example.org (not verified)" in shown
    assert json.loads(platform.run("me", "--json").stdout)["user"]["username"] == "asha"
    assert platform.requests[0].headers["authorization"] == "Bearer token"


def test_another_address_needs_the_password(platform: Platform) -> None:
    result = platform.run("me", "email", "rao@example.org", stdin=f"{_OLD}\n".encode())
    assert result.stdout == "a letter\n"
    assert platform.asked == [("PATCH", "/me")]
    assert platform.bodies == [{"email": "rao@example.org", "current_password": _OLD}]


def test_an_address_is_proved_without_signing_in(platform: Platform) -> None:
    assert platform.run("me", "verify-email", "a4o_x").stdout == "verified\n"
    assert platform.asked == [("POST", "/verify-email")]
    assert platform.bodies == [{"token": "a4o_x"}]
    assert "authorization" not in platform.requests[0].headers


def test_a_changed_password_ends_the_session_here(platform: Platform, settings: Settings) -> None:
    stdin = f"{_OLD}\n{_NEW}\n".encode()
    result = platform.run("password", "change", "--json", stdin=stdin)
    assert json.loads(result.stdout) == {"changed": True}
    assert platform.asked == [("POST", "/password")]
    assert platform.bodies == [{"current_password": _OLD, "new_password": _NEW}]
    assert not find_session_file(settings).exists()


def test_a_lost_password_is_asked_for_and_replaced(platform: Platform) -> None:
    assert platform.run("password", "reset", "asha").stdout == "a letter\n"
    stdin = f"{_NEW}\n".encode()
    assert platform.run("password", "reset", "--token", "a4o_x", stdin=stdin).stdout == "changed\n"
    assert platform.asked == [("POST", "/password/reset"), ("POST", "/password/reset/confirm")]
    assert platform.bodies == [{"account": "asha"}, {"token": "a4o_x", "new_password": _NEW}]
    assert "say either" in platform.fail("password", "reset")


def test_leaving_needs_the_password_and_forgets_the_session(
    platform: Platform, settings: Settings
) -> None:
    assert platform.run("me", "deactivate", stdin=f"{_OLD}\n".encode()).stdout == "deactivated\n"
    assert platform.asked == [("POST", "/me/deactivate")]
    assert platform.bodies == [{"current_password": _OLD}]
    assert not find_session_file(settings).exists()
    assert "ai4v login" in platform.fail("me")
