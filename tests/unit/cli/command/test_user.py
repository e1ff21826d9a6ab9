"""Users and roles, as the administrator's commands keep them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel

from ai4v.contracts.account import LinkView
from ai4v.contracts.auth import AccessToken, UserList, UserView
from ai4v.contracts.permission import Permission
from ai4v.contracts.role import Role
from ai4v.contracts.roletable import RoleList, RoleView
from tests.support.gateway import FakeGateway, refuse

_ID = UUID(int=7)
_CREATED = datetime(2026, 1, 1, tzinfo=UTC)
_USERS = "/api/v1/auth/users"
_HELD = frozenset({Permission.ASR_READ, Permission.NMT_READ})


class Platform(FakeGateway):
    """Knows Asha, and what guests may do."""

    def __init__(self) -> None:
        super().__init__(self._reply)

    @property
    def last(self) -> httpx2.Request:
        """The last request."""
        return self.requests[-1]

    def _reply(self, body: dict[str, object]) -> BaseModel | httpx2.Response:
        path = self.last.url.path
        if path == "/api/v1/auth/login":
            assert body == {"username": "admin", "password": "the admin's password"}
            return AccessToken(access_token="token", expires_in=900)
        if path.startswith(_USERS):
            return self._reply_about_users(body)
        if path == "/api/v1/auth/roles":
            return RoleList(roles=(RoleView(role=Role.GUEST, permissions=_HELD),))
        if path == "/api/v1/auth/roles/guest":
            return RoleView.model_validate({"role": "guest", **body})
        assert path == "/internal/users/asha/link"
        assert self.last.headers["x-ai4v-internal-token"]
        url = "https://voice.example.org/verify-email#token=a4o_x"
        return LinkView(user_id=_ID, url=url, expires_at=_CREATED)

    def _reply_about_users(self, body: dict[str, object]) -> BaseModel | httpx2.Response:
        asha = UserView(
            id=_ID, username="asha", role=Role.USER, is_active=True, created_at=_CREATED
        )
        if self.last.method == "GET":
            is_asked = self.last.url.params.get("username", "asha") == "asha"
            found = UserList(users=(asha,) if is_asked else (), next_cursor=None)
            return httpx2.Response(200, text=found.model_dump_json())
        if self.last.method == "PATCH":
            assert self.last.url.path == f"{_USERS}/{_ID}"
            return UserView.model_validate(asha.model_dump() | body)
        if body["username"] == "taken":
            return refuse(422, "see errors", username="is taken")
        made = asha.model_dump() | {"username": body["username"], "role": body["role"]}
        return UserView.model_validate(made)


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Platform:
    private = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    monkeypatch.setenv("AI4V_GATEWAY_INTERNAL_PRIVATE_KEY", private.decode())
    monkeypatch.setenv("AI4V_ADMIN_PASSWORD", "the admin's password")
    monkeypatch.setenv("AI4V_DATA_DIR", str(tmp_path))
    return Platform()


def test_users_are_listed(platform: Platform) -> None:
    result = platform.run("users", "list", "--json")
    assert result.exit_code == 0, result.output
    assert [user["username"] for user in json.loads(result.stdout)] == ["asha"]
    assert platform.last.headers["authorization"] == "Bearer token"
    assert "asha" in platform.run("users", "list").stdout


def test_a_new_user_gets_a_password_that_is_shown_once(platform: Platform) -> None:
    result = platform.run(
        "users", "create", "ravi", "--role", "moderator", "--email", "ravi@example.org", "--json"
    )
    made = json.loads(result.stdout)
    assert (made["username"], made["role"]) == ("ravi", "moderator")
    assert len(made["password"]) >= 15
    assert platform.bodies[-1]["email"] == "ravi@example.org"
    assert platform.bodies[-1]["password"] == made["password"]
    assert "password  " in platform.run("users", "create", "ravi").stdout
    assert "username: is taken" in platform.fail("users", "create", "taken")


@pytest.mark.parametrize(
    ("arguments", "change"),
    [
        (("activate", "asha"), {"is_active": True}),
        (("deactivate", "asha"), {"is_active": False}),
        (("role", "asha", "moderator"), {"role": "moderator"}),
    ],
)
def test_a_user_is_changed_by_name(
    platform: Platform, arguments: tuple[str, ...], change: dict[str, object]
) -> None:
    result = platform.run("users", *arguments, "--json")
    shown = json.loads(result.stdout)
    assert platform.bodies[-1] == change
    assert {name: shown[name] for name in change} == change


def test_a_user_is_shown_and_a_stranger_is_not(platform: Platform) -> None:
    assert "user     asha (user, active)" in platform.run("users", "show", "asha").stdout
    assert platform.fail("users", "show", "nobody") == "there is no user nobody"


def test_the_operator_makes_a_link(platform: Platform) -> None:
    arguments = ("users", "link", "Asha", "--purpose", "verify-email")
    assert platform.run(*arguments).stdout.endswith("#token=a4o_x\n")
    assert platform.bodies[-1] == {"purpose": "verify-email"}
    assert json.loads(platform.run(*arguments, "--json").stdout)["user_id"] == str(_ID)


def test_roles_are_listed(platform: Platform) -> None:
    assert json.loads(platform.run("roles", "list", "--json").stdout) == [
        {"role": "guest", "permissions": ["asr:read", "nmt:read"]}
    ]
    assert platform.run("roles", "list").stdout == "guest\n  asr:read nmt:read\n"


@pytest.mark.parametrize(
    ("arguments", "permissions"),
    [
        (("grant", "guest", "tts:read", "asr:read"), ["asr:read", "nmt:read", "tts:read"]),
        (("revoke", "guest", "nmt:read", "tts:use"), ["asr:read"]),
    ],
)
def test_a_role_may_do_more_or_less(
    platform: Platform, arguments: tuple[str, ...], permissions: list[str]
) -> None:
    result = platform.run("roles", *arguments, "--json")
    assert json.loads(result.stdout) == {"role": "guest", "permissions": permissions}
    assert platform.bodies[-1] == {"permissions": permissions}
    assert platform.last.method == "PUT"


def test_a_permission_that_there_is_not_is_refused_before_anything_is_asked(
    platform: Platform,
) -> None:
    assert platform.run("roles", "grant", "guest", "fly").exit_code == 2
    assert not platform.requests
