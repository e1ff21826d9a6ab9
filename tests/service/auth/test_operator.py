"""What only the operator's commands may do: the first administrator, and a new password."""

import asyncio

import asyncpg

from ai4v.contracts.identity import AdministratorReset, Bootstrap
from ai4v.contracts.role import Role
from tests.service.auth.house import House, Keys, open_house

_RESET = "/internal/administrator/reset"


async def test_the_first_run_gives_an_administrator_and_a_key(house: House) -> None:
    first = await house.bootstrap()
    assert first.username == "admin"
    assert len(first.password) >= 20
    principal = await house.principal_of(first.api_key)
    assert principal.role is Role.ADMIN
    assert principal.key_id is not None


async def test_the_second_run_gives_nothing(house: House) -> None:
    first = await house.bootstrap()
    again = await house.operator.ask("POST", "/internal/bootstrap")
    assert again.status_code == 200
    assert Bootstrap.model_validate_json(again.content).first_run is None
    assert (await house.sign_in("admin", first.password)).status_code == 200


async def test_many_first_runs_at_once_make_one_administrator(
    house: House, database: asyncpg.Connection, auth_database_url: str, keys: Keys
) -> None:
    async with open_house(auth_database_url, keys, house.clock) as other:
        answers = await asyncio.gather(
            *(
                place.operator.ask("POST", "/internal/bootstrap")
                for place in (house, other)
                for _ in range(4)
            )
        )
    assert {answer.status_code for answer in answers} == {200}
    runs = [Bootstrap.model_validate_json(answer.content).first_run for answer in answers]
    (first,) = [run for run in runs if run is not None]
    assert (await house.check(first.api_key)).status_code == 200
    assert (await house.sign_in("admin", first.password)).status_code == 200
    assert await database.fetchval("SELECT count(*) FROM auth.users") == 1
    assert await database.fetchval("SELECT count(*) FROM auth.api_keys") == 1


async def test_a_reset_makes_a_new_password_and_ends_the_sessions(house: House) -> None:
    first = await house.bootstrap()
    token = await house.token("admin", first.password)
    answer = await house.operator.ask("POST", _RESET)
    reset = AdministratorReset.model_validate_json(answer.content)
    assert await house.is_marked(token)
    assert (await house.check(token)).status_code == 401
    assert (await house.sign_in("admin", first.password)).status_code == 401
    assert (await house.sign_in(reset.username, reset.password)).status_code == 200
    assert (await house.check(first.api_key)).status_code == 200


async def test_a_reset_lets_an_administrator_in_again(house: House) -> None:
    admin = await house.administrator()
    body = {"username": "second", "password": "correct horse battery", "role": "admin"}
    await admin.ask("POST", "/api/v1/auth/users", body)
    second = house.person(
        await house.principal_of(await house.token("second", "correct horse battery"))
    )
    users = (await admin.ask("GET", "/api/v1/auth/users")).json()["users"]
    (admin_id,) = [user["id"] for user in users if user["username"] == "admin"]
    await second.ask("PATCH", f"/api/v1/auth/users/{admin_id}", {"is_active": False})
    reset = AdministratorReset.model_validate_json(
        (await house.operator.ask("POST", _RESET)).content
    )
    assert (await house.sign_in("admin", reset.password)).status_code == 200


async def test_there_is_nobody_to_reset_before_the_first_run(house: House) -> None:
    assert (await house.operator.ask("POST", _RESET)).status_code == 404


async def test_nobody_else_may(house: House) -> None:
    principal = await house.principal_of((await house.bootstrap()).api_key)
    others = (
        house.gateway,
        house.person(principal),
        house.caller("asr"),
        house.caller("cli", principal),
    )
    for caller in others:
        for path in ("/internal/bootstrap", _RESET):
            assert (await caller.ask("POST", path)).status_code == 403


async def test_only_the_gateway_for_itself_may_ask_whose_a_credential_is(house: House) -> None:
    first = await house.bootstrap()
    principal = await house.principal_of(first.api_key)
    for caller in (house.operator, house.person(principal), house.caller("asr")):
        answer = await caller.ask(
            "POST", "/internal/credentials/verify", {"credential": first.api_key}
        )
        assert answer.status_code == 403
