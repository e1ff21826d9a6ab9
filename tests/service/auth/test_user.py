"""Users, as administrators keep them."""

import pytest

from ai4v.contracts.role import Role
from tests.service.auth.house import PASSWORD, House


async def test_an_administrator_adds_and_lists_users(house: House) -> None:
    admin = await house.administrator()
    body = {"username": "Asha", "password": PASSWORD, "role": "admin"}
    house.clock.advance(1)
    created = await admin.ask("POST", "/api/v1/auth/users", body)
    assert created.status_code == 201
    assert created.json()["username"] == "asha"
    assert "password" not in created.text
    listed = await admin.ask("GET", "/api/v1/auth/users")
    assert [user["username"] for user in listed.json()["users"]] == ["asha", "admin"]
    principal = await house.principal_of(await house.token("asha", PASSWORD))
    assert principal.role is Role.ADMIN


async def test_users_come_in_pages(house: House) -> None:
    admin = await house.administrator()
    for number in range(4):
        house.clock.advance(1)
        body = {"username": f"user{number}", "password": PASSWORD}
        await admin.ask("POST", "/api/v1/auth/users", body)
    seen: list[str] = []
    path = "/api/v1/auth/users?limit=2"
    while path:
        page = (await admin.ask("GET", path)).json()
        seen += [user["username"] for user in page["users"]]
        cursor = page["next_cursor"]
        path = f"/api/v1/auth/users?limit=2&cursor={cursor}" if cursor else ""
    assert seen == ["user3", "user2", "user1", "user0", "admin"]


async def test_a_name_is_taken_in_any_spelling(house: House) -> None:
    admin = await house.administrator()
    answer = await admin.ask(
        "POST", "/api/v1/auth/users", {"username": "ADMIN", "password": PASSWORD}
    )
    assert answer.status_code == 422
    assert answer.json()["detail"]["errors"] == [{"path": "username", "message": "is taken"}]


async def test_users_may_not_do_what_administrators_may(house: House) -> None:
    admin = await house.administrator()
    asha = await house.user(admin, "asha")
    user = house.person(asha)
    new = {"username": "ravi", "password": PASSWORD, "role": "admin"}
    answers = [
        await user.ask("GET", "/api/v1/auth/users"),
        await user.ask("POST", "/api/v1/auth/users", new),
        await user.ask("PATCH", f"/api/v1/auth/users/{asha.user_id}", {"is_active": True}),
        await user.ask("GET", "/api/v1/auth/keys?all=true"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4


async def test_nobody_locks_themselves_out(house: House) -> None:
    admin = await house.administrator()
    [user] = (await admin.ask("GET", "/api/v1/auth/users")).json()["users"]
    path = f"/api/v1/auth/users/{user['id']}"
    assert (await admin.ask("PATCH", path, {"is_active": False})).status_code == 422
    assert (await admin.ask("GET", "/api/v1/auth/users")).json()["users"][0]["is_active"] is True


@pytest.mark.parametrize("is_active", [True, False])
async def test_an_unknown_user_is_not_found(house: House, *, is_active: bool) -> None:
    admin = await house.administrator()
    path = "/api/v1/auth/users/00000000-0000-4000-8000-000000000000"
    assert (await admin.ask("PATCH", path, {"is_active": is_active})).status_code == 404


async def test_a_user_is_found_by_name_and_shown_by_id(house: House) -> None:
    admin = await house.administrator()
    asha = await house.user(admin, "asha")
    found = (await admin.ask("GET", "/api/v1/auth/users?username=ASHA")).json()["users"]
    assert [user["id"] for user in found] == [str(asha.user_id)]
    shown = await admin.ask("GET", f"/api/v1/auth/users/{asha.user_id}")
    assert shown.json() == found[0]
    assert (await admin.ask("GET", "/api/v1/auth/users?username=nobody")).json()["users"] == []
    unknown = "/api/v1/auth/users/00000000-0000-4000-8000-000000000000"
    assert (await admin.ask("GET", unknown)).status_code == 404


async def test_an_administrator_answers_for_an_address_and_gives_it_once(house: House) -> None:
    admin = await house.administrator()
    body = {"username": "asha", "password": PASSWORD, "email": "Asha@example.org"}
    created = await admin.ask("POST", "/api/v1/auth/users", body)
    assert (created.json()["email"], created.json()["is_email_verified"]) == (
        "asha@example.org",
        True,
    )
    again = await admin.ask("POST", "/api/v1/auth/users", body | {"username": "rao"})
    assert again.json()["detail"]["errors"] == [{"path": "email", "message": "is taken"}]


async def test_a_poor_password_is_refused_for_new_users_too(house: House) -> None:
    admin = await house.administrator()
    body = {"username": "asha", "password": "asha asha asha asha"}
    refused = await admin.ask("POST", "/api/v1/auth/users", body)
    assert refused.status_code == 422
    assert refused.json()["detail"]["errors"][0]["path"] == "password"
