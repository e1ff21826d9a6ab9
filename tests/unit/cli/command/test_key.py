import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2
from click.testing import CliRunner, Result
from pydantic import BaseModel

from ai4v.cli.main import root
from ai4v.contracts.apikey import CreatedKey, KeyList, KeyView
from ai4v.contracts.identity import RateLimits, Scope
from ai4v.contracts.permission import Permission
from tests.support.gateway import SIGN_OUT

_ID = UUID(int=7)
_VIEW = KeyView(
    id=_ID,
    owner_id=UUID(int=1),
    name="reader",
    prefix="a4v_x",
    limits=RateLimits(),
    permissions=(Permission.ASR_USE,),
    scope=Scope(services=("asr",), languages=("hi",)),
    networks=("10.0.0.0/8",),
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    expires_at=None,
    revoked_at=None,
    last_used_at=None,
    replaces_id=None,
)
_CREATED = CreatedKey(**_VIEW.model_dump(), key="a4v_x_secret")


class _Service:
    """The gateway, as one answer; remembers what was asked."""

    def __init__(self, answer: BaseModel | None) -> None:
        self._answer = answer
        self.requests: list[httpx2.Request] = []

    def run(self, *arguments: str) -> Result:
        environment = {"AI4V_GATEWAY_URL": "http://gateway", "AI4V_ADMIN_PASSWORD": "x" * 15}
        transport = httpx2.MockTransport(self._handle)
        return CliRunner(env=environment).invoke(root, ["keys", *arguments], obj=transport)

    @property
    def asked(self) -> tuple[str, str, dict[str, object]]:
        """What was asked last."""
        request = self.requests[-1]
        body = json.loads(request.content) if request.content else {}
        return request.method, request.url.path, body

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == SIGN_OUT:
            return httpx2.Response(204)
        self.requests.append(request)
        if request.url.path == "/api/v1/auth/login":
            return httpx2.Response(200, json={"access_token": "t", "expires_in": 60})
        content = self._answer.model_dump_json().encode() if self._answer else b""
        return httpx2.Response(200, content=content)


def test_a_key_is_asked_for_as_the_options_say() -> None:
    service = _Service(_CREATED)
    result = service.run(
        *("create", "--name", "reader", "--permission", "asr:use", "--permission", "asr:read"),
        *("--scope-service", "asr", "--task", "asr", "--language", "hi", "--language", "ta"),
        *(
            "--model",
            "whisper-base",
            "--network",
            "10.0.0.0/8",
            "--per-minute",
            "5",
            "--burst",
            "2",
        ),
        *("--audio-s-per-day", "60"),
    )
    assert (result.exit_code, result.stdout) == (0, "a4v_x_secret\n")
    assert service.asked == (
        "POST",
        "/api/v1/auth/keys",
        {
            "name": "reader",
            "permissions": ["asr:use", "asr:read"],
            "scope": {
                "services": ["asr"],
                "tasks": ["asr"],
                "languages": ["hi", "ta"],
                "models": ["whisper-base"],
            },
            "networks": ["10.0.0.0/8"],
            "limits": {"per_minute": 5, "burst": 2, "audio_s_per_day": 60},
        },
    )


def test_what_is_not_said_is_left_to_the_service() -> None:
    service = _Service(_CREATED)
    assert service.run("create", "--name", "reader", "--days", "1").exit_code == 0
    _, _, body = service.asked
    end = datetime.fromisoformat(str(body.pop("expires_at")))
    assert timedelta(hours=23) < end - datetime.now(UTC) <= timedelta(days=1)
    assert body == {"name": "reader"}


def test_a_key_is_shown_without_the_key() -> None:
    service = _Service(_VIEW)
    result = service.run("show", str(_ID))
    assert service.asked == ("GET", f"/api/v1/auth/keys/{_ID}", {})
    for told in ("reader", "asr:use", "asr, hi", "10.0.0.0/8", "never", "60 per_minute"):
        assert told in result.stdout
    assert json.loads(service.run("show", str(_ID), "--json").stdout)["name"] == "reader"


def test_what_is_given_is_changed() -> None:
    service = _Service(_VIEW)
    options = ("--name", "new", "--language", "ta", "--per-day", "9")
    assert service.run("update", str(_ID), *options).exit_code == 0
    expected = {"name": "new", "scope": {"languages": ["ta"]}, "limits": {"per_day": 9}}
    assert service.asked == ("PATCH", f"/api/v1/auth/keys/{_ID}", expected)


def test_help_says_which_limits_a_new_key_has_and_of_others_nothing() -> None:
    assert "Requests a minute.  [default: 60]" in _Service(_VIEW).run("create", "--help").stdout
    assert "default" not in _Service(_VIEW).run("update", "--help").stdout


def test_nothing_to_change_is_told() -> None:
    service = _Service(_VIEW)
    result = service.run("update", str(_ID))
    assert "say what is to be changed" in str(result.exception)
    assert service.requests == []


def test_a_key_is_rotated_with_an_overlap() -> None:
    service = _Service(_CREATED)
    result = service.run("rotate", str(_ID), "--overlap-hours", "1.5")
    assert (result.exit_code, result.stdout) == (0, "a4v_x_secret\n")
    assert service.asked == ("POST", f"/api/v1/auth/keys/{_ID}/rotate", {"overlap_s": 5_400})
    assert service.run("rotate", str(_ID), "--overlap-hours", "169").exit_code == 2


def test_keys_are_listed_and_revoked() -> None:
    service = _Service(KeyList(keys=(_VIEW,), next_cursor=None))
    assert "reader" in service.run("list", "--all").stdout
    assert service.requests[-1].url.params["all"] == "true"
    service = _Service(None)
    assert service.run("revoke", str(_ID)).stdout == f"revoked {_ID}\n"
    assert service.asked == ("DELETE", f"/api/v1/auth/keys/{_ID}", {})
