"""Signing in, what a session is worth, and what ends it."""


from ai4v.contracts.identity import Role
from tests.service.auth.house import House


async def test_the_first_administrator_signs_in_and_is_known(house: House) -> None:
    first = await house.bootstrap()
    principal = await house.principal_of(await house.token(first.username, first.password))
    assert principal.role is Role.ADMIN
    assert principal.key_id is None
    me = await house.person(principal).ask("GET", "/api/v1/auth/me")
    assert me.status_code == 200
    assert me.json()["user"]["username"] == "admin"
