"""Bad input and missing parts: refused with a reason, never a 500."""

import time
from uuid import uuid4

import pytest
from pydantic import SecretStr

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.contracts.identity import Principal
from ai4v.contracts.permission import FIRST_PERMISSIONS
from ai4v.contracts.role import Role
from ai4v.kit.identity import TOKEN_HEADER, TokenSigner
from ai4v.services.auth.app import create_app
from tests.service.auth.house import PASSWORD, House, Keys, open_house, open_http, private_pem
from tests.support.clock import ManualClock
from tests.support.postgres import free_port

_BODIES: dict[str, dict[str, object]] = {
    "/api/v1/auth/login": {"username": "asha", "password": PASSWORD},
    "/api/v1/auth/password": {"current_password": PASSWORD, "new_password": PASSWORD},
    "/api/v1/auth/users": {"username": "asha", "password": PASSWORD},
    "/api/v1/auth/keys": {"name": "key"},
}
_OPEN_BODIES: dict[str, dict[str, object]] = {
    "/api/v1/auth/refresh": {"refresh_token": "x"},
    "/api/v1/auth/register": {"username": "asha", "email": "a@b.example", "password": PASSWORD},
    "/api/v1/auth/verify-email": {"token": "x"},
    "/api/v1/auth/verify-email/resend": {"email": "a@b.example"},
    "/api/v1/auth/password/reset": {"account": "asha"},
    "/api/v1/auth/password/reset/confirm": {"token": "x", "new_password": PASSWORD},
    "/api/v1/auth/providers/exchange": {"ticket": "x", "verifier": "v" * 43},
}
_STRANGE: tuple[object, ...] = (
    "\0",
    "a\0b",
    "x" * 100_000,
    "\ud800",
    "💥" * 40,
    "' OR 1=1 --",
    "",
    None,
    7,
    [],
    {},
)


@pytest.mark.parametrize("path", _BODIES)
async def test_unknown_fields_are_refused_by_name(house: House, path: str) -> None:
    admin = await house.administrator()
    for extra in ("is_admin", "owner_id", "id"):
        answer = await admin.ask("POST", path, {**_BODIES[path], extra: "x"})
        assert answer.status_code == 422
        assert [error["path"] for error in answer.json()["detail"]["errors"]] == [extra]


@pytest.mark.parametrize("path", _BODIES)
async def test_strange_values_are_never_a_failure_of_ours(house: House, path: str) -> None:
    admin = await house.administrator()
    for field in _BODIES[path]:
        for value in _STRANGE:
            answer = await admin.ask("POST", path, {**_BODIES[path], field: value})
            assert answer.status_code in {201, 401, 422, 429}, (field, value)
            assert answer.status_code == 201 or answer.json()["detail"]["requestId"]


@pytest.mark.parametrize("path", _OPEN_BODIES)
async def test_strangers_cannot_make_us_fail(house: House, path: str) -> None:
    for field in _OPEN_BODIES[path]:
        for value in (*_STRANGE, "\ud800" * 43):
            answer = await house.stranger().ask("POST", path, {**_OPEN_BODIES[path], field: value})
            assert answer.status_code in {202, 401, 403, 422}, (field, value)


@pytest.mark.parametrize(
    "query",
    [
        "users?username=%00",
        *(
            f"audit?{name}={moment}"
            for name in ("since", "until")
            for moment in ("0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59")
        ),
    ],
)
async def test_what_no_row_can_hold_is_no_filter(house: House, query: str) -> None:
    admin = await house.administrator()
    assert (await admin.ask("GET", f"/api/v1/auth/{query}")).status_code == 422


async def test_strange_credentials_are_refused(house: House) -> None:
    for value in ("\0", "a4v_\0", "\ud800", "a4v_\ud800", "x" * 100_000, "", "a4v_" + "💥" * 72):
        assert (await house.check(value)).status_code == 401


async def test_what_is_no_json_is_told_so(house: House) -> None:
    answer = await house.gateway.send("POST", "/api/v1/auth/login", b"{username: asha")
    assert answer.status_code == 400
    assert answer.json()["detail"]["code"] == "INVALID_JSON"


@pytest.mark.parametrize("cursor", ["x", "%00", "AAAA", "é", "A" * 64])
async def test_a_made_up_cursor_is_refused(house: House, cursor: str) -> None:
    admin = await house.administrator()
    answer = await admin.ask("GET", f"/api/v1/auth/users?cursor={cursor}")
    assert answer.status_code == 422


@pytest.mark.parametrize("limit", [0, -1, 101, "x"])
async def test_pages_have_a_size_within_limits(house: House, limit: int | str) -> None:
    admin = await house.administrator()
    assert (await admin.ask("GET", f"/api/v1/auth/keys?limit={limit}")).status_code == 422


async def test_an_id_that_is_none_is_refused(house: House) -> None:
    admin = await house.administrator()
    assert (await admin.ask("DELETE", "/api/v1/auth/keys/1")).status_code == 422


async def test_nobody_comes_in_without_the_gateway(house: House, keys: Keys) -> None:
    principal = Principal(
        user_id=uuid4(), role=Role.ADMIN, permissions=FIRST_PERMISSIONS[Role.ADMIN]
    )
    internal = TokenSigner(private_pem(keys.internal), service="gateway")
    own = TokenSigner(private_pem(keys.jwt), service="gateway")
    tokens = ("", "x", internal.sign(principal, "asr"), own.sign(principal, "auth"))
    for token in tokens:
        for method, path in (
            ("GET", "/api/v1/auth/users"),
            ("POST", "/api/v1/auth/login"),
            ("POST", "/internal/credentials/verify"),
            ("POST", "/internal/bootstrap"),
        ):
            headers = {TOKEN_HEADER: token, "x-user-id": str(principal.user_id)}
            answer = await house.http.request(method, path, headers=headers)
            assert answer.status_code == 401


async def test_the_gateway_without_a_caller_is_nobody(house: House) -> None:
    for method, path in (
        ("GET", "/api/v1/auth/me"),
        ("GET", "/api/v1/auth/users"),
        ("GET", "/api/v1/auth/keys"),
        ("POST", "/api/v1/auth/keys"),
        ("POST", "/api/v1/auth/password"),
        ("DELETE", f"/api/v1/auth/keys/{uuid4()}"),
    ):
        assert (await house.gateway.ask(method, path)).status_code == 401


async def test_without_the_database_everything_that_needs_it_is_503_soon(keys: Keys) -> None:
    nowhere = f"postgresql+asyncpg://nobody:nothing@127.0.0.1:{free_port()}/none"
    async with open_house(nowhere, keys, ManualClock(), cache=MemoryCache()) as house:
        admin = house.person(
            Principal(user_id=uuid4(), role=Role.ADMIN, permissions=FIRST_PERMISSIONS[Role.ADMIN])
        )
        started = time.monotonic()
        answers = [
            await house.sign_in("admin", PASSWORD),
            await admin.ask("GET", "/api/v1/auth/me"),
            await admin.ask("POST", "/api/v1/auth/keys", {"name": "x"}),
            await admin.ask("DELETE", f"/api/v1/auth/keys/{uuid4()}"),
            await house.operator.ask("POST", "/internal/bootstrap"),
        ]
        assert time.monotonic() - started < 3 * len(answers)
        for answer in answers:
            assert answer.status_code == 503
            assert answer.json()["detail"]["code"] == "SERVICE_UNAVAILABLE"
            assert int(answer.headers["retry-after"]) > 0
            assert "127.0.0.1" not in answer.text
        assert (await house.check("a4v_x")).status_code == 401
        assert (await house.http.get("/api/v1/auth/health/live")).status_code == 204
        assert (await house.http.get("/api/v1/auth/health/ready")).status_code == 503


@pytest.mark.usefixtures("database")
async def test_without_valkey_it_starts_and_no_password_is_tried(
    auth_database_url: str, keys: Keys
) -> None:
    settings = keys.settings(auth_database_url, cache_url=f"valkey://127.0.0.1:{free_port()}/0")
    async with open_http(create_app(settings)) as http:
        house = House(http, MemoryCache(), ManualClock(), keys)
        first = await house.bootstrap()
        answers = [await house.sign_in("admin", first.password) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [503] * 5
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers)
        assert (await house.check(first.api_key)).status_code == 200
        health = (await http.get("/api/v1/auth/health")).json()
        assert health["components"] == {"postgres": "healthy", "valkey": "unhealthy"}


def test_a_cache_of_an_unknown_kind_stops_the_start(keys: Keys) -> None:
    settings = keys.settings("postgresql+asyncpg://x", cache_url="memcached://:secret@host")
    with pytest.raises(SystemExit, match="AI4V_CACHE_URL must begin with one of memory://") as stop:
        create_app(settings)
    assert "secret" not in str(stop.value)
    create_app(settings.model_copy(update={"cache_url": SecretStr("valkey://:x@127.0.0.1:1/0")}))
