"""Signing in, what a session is worth, and what ends it."""

import pytest

from ai4v.contracts.role import Role
from tests.service.auth.house import PASSWORD, House, Keys, open_house

_NEW_PASSWORD = "another horse battery"


async def test_the_first_administrator_signs_in_and_is_known(house: House) -> None:
    first = await house.bootstrap()
    answer = await house.sign_in(first.username, first.password)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["expires_in"] == 900
    principal = await house.principal_of(answer.json()["access_token"])
    assert principal.role is Role.ADMIN
    assert principal.key_id is None
    me = await house.person(principal).ask("GET", "/api/v1/auth/me")
    assert me.status_code == 200
    assert me.json()["user"]["username"] == "admin"
    assert me.json()["key_id"] is None


async def test_capitals_of_the_name_do_not_matter(house: House) -> None:
    first = await house.bootstrap()
    assert (await house.sign_in("ADMIN", first.password)).status_code == 200


async def test_unknown_user_and_wrong_password_get_one_answer(house: House) -> None:
    first = await house.bootstrap()
    answers = [
        await house.sign_in("nobody", first.password),
        await house.sign_in("admin", first.password + "x"),
        await house.sign_in("admin", ""),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.json()["detail"]["message"] for answer in answers} == {
        "the username or the password is wrong"
    }
    assert {answer.json()["detail"]["code"] for answer in answers} == {"AUTHENTICATION_ERROR"}


async def test_attempts_at_a_name_are_counted_known_or_not(house: House) -> None:
    first = await house.bootstrap()
    for name in ("admin", "nobody"):
        for _ in range(10):
            assert (await house.sign_in(name, "wrong")).status_code == 401
        refused = await house.sign_in(name.upper(), first.password)
        assert refused.status_code == 429
        assert refused.json()["detail"]["code"] == "RATE_LIMIT_EXCEEDED"
        assert 1 <= int(refused.headers["retry-after"]) <= 6
    house.clock.advance(6)
    assert (await house.sign_in("admin", first.password)).status_code == 200


async def test_a_session_ends_after_its_time(house: House) -> None:
    first = await house.bootstrap()
    token = await house.token(first.username, first.password)
    house.clock.advance(901)
    assert (await house.check(token)).status_code == 401


async def test_a_token_of_another_platform_is_refused(house: House, auth_database_url: str) -> None:
    first = await house.bootstrap()
    async with open_house(auth_database_url, Keys(), house.clock) as other:
        token = await other.token(first.username, first.password)
        assert (await other.check(token)).status_code == 200
    assert (await house.check(token)).status_code == 401


async def test_changing_the_password_ends_the_sessions_and_keeps_the_keys(house: House) -> None:
    first = await house.bootstrap()
    token = await house.token(first.username, first.password)
    user = house.person(await house.principal_of(token))
    body = {"current_password": first.password, "new_password": _NEW_PASSWORD}
    assert (await user.ask("POST", "/api/v1/auth/password", body)).status_code == 204
    assert await house.is_marked(token)
    assert (await house.check(token)).status_code == 401
    assert (await house.check(first.api_key)).status_code == 200
    assert (await house.sign_in("admin", first.password)).status_code == 401
    assert (await house.sign_in("admin", _NEW_PASSWORD)).status_code == 200


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"current_password": "wrong"}, "current_password"),
        ({"new_password": "short"}, "new_password"),
        ({"new_password": "x" * 129}, "new_password"),
        ({"new_password": None}, "new_password"),
    ],
)
async def test_a_bad_change_of_password_changes_nothing(
    house: House, change: dict[str, str | None], path: str
) -> None:
    first = await house.bootstrap()
    token = await house.token(first.username, first.password)
    user = house.person(await house.principal_of(token))
    body = {"current_password": first.password, "new_password": _NEW_PASSWORD, **change}
    answer = await user.ask("POST", "/api/v1/auth/password", body)
    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["detail"]["errors"]] == [path]
    assert (await house.check(token)).status_code == 200


async def test_guessing_by_changing_the_password_is_counted_too(house: House) -> None:
    user = await house.administrator()
    body = {"current_password": "wrong", "new_password": _NEW_PASSWORD}
    statuses = [
        (await user.ask("POST", "/api/v1/auth/password", body)).status_code for _ in range(11)
    ]
    assert statuses == [422] * 10 + [429]


async def test_a_user_let_out_is_out_at_once_and_can_be_let_in_again(house: House) -> None:
    admin = await house.administrator()
    asha = await house.user(admin, "asha")
    token = await house.token("asha", PASSWORD)
    path = f"/api/v1/auth/users/{asha.user_id}"
    out = await admin.ask("PATCH", path, {"is_active": False})
    assert out.status_code == 200
    assert out.json()["is_active"] is False
    assert await house.is_marked(token)
    assert (await house.check(token)).status_code == 401
    assert (await house.sign_in("asha", PASSWORD)).status_code == 401
    still_signed = await house.person(asha).ask("POST", "/api/v1/auth/keys", {"name": "late"})
    assert still_signed.status_code == 403
    assert (await admin.ask("PATCH", path, {"is_active": True})).json()["is_active"] is True
    assert (await house.sign_in("asha", PASSWORD)).status_code == 200
    assert (await house.check(token)).status_code == 401
