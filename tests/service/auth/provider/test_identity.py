"""Whose identity it is: nothing is linked or taken over by itself."""

import asyncpg

from ai4v.kit.challenge import challenge_of
from tests.service.auth.house import House
from tests.service.auth.journey import (
    RETURN_TO,
    VERIFIER,
    Browser,
    query_of,
)
from tests.support.openid import OpenIdServer


async def test_a_verified_address_of_a_user_takes_nothing_over(
    house: House, browser: Browser, database: asyncpg.Connection
) -> None:
    admin = await house.administrator()
    await house.user(admin, "jane")
    await database.execute(
        "UPDATE auth.users SET email = 'jane@example.org' WHERE username = 'jane'"
    )
    assert await browser.travel("one") == {"error": "authorization_error"}
    assert await database.fetchval("SELECT count(*) FROM auth.identities") == 0


async def test_somebody_let_out_is_refused(house: House, browser: Browser) -> None:
    admin = await house.administrator()
    principal = await house.principal_of((await browser.sign_in("one")).access_token)
    ticket = (await browser.travel("one"))["ticket"]
    path = f"/api/v1/auth/users/{principal.user_id}"
    assert (await admin.ask("PATCH", path, {"is_active": False})).status_code == 200
    assert (await browser.exchange(ticket)).status_code == 401
    assert await browser.travel("one") == {"error": "authentication_error"}


async def test_a_signed_in_user_links_and_then_signs_in_by_it(
    house: House, browser: Browser, one: OpenIdServer
) -> None:
    asha = await house.user(await house.administrator(), "asha")
    person = house.person(asha)
    body = {"return_to": RETURN_TO, "challenge": challenge_of(VERIFIER)}
    answer = await person.ask("POST", "/api/v1/auth/me/identities/one/start", body)
    query = query_of(answer.json()["url"])
    found = await browser.travel("one", **query)
    assert (await browser.exchange(found["ticket"], VERIFIER)).status_code == 401
    again = await browser.ask_start("one", **query)
    assert again.status_code == 401
    body = {"ticket": found["ticket"], "verifier": VERIFIER}
    linked = await person.ask("POST", "/api/v1/auth/me/identities", body)
    assert linked.status_code == 204, linked.text
    signed_in = await house.principal_of((await browser.sign_in("one")).access_token)
    assert signed_in.user_id == asha.user_id
    path = "/api/v1/auth/me/identities/one"
    assert (await person.ask("DELETE", path)).status_code == 204
    assert (await person.ask("DELETE", path)).status_code == 404


async def test_what_one_user_began_another_does_not_link(house: House, browser: Browser) -> None:
    """An attacker sends a victim's browser to link the victim's identity to the attacker."""
    admin = await house.administrator()
    attacker = house.person(await house.user(admin, "attacker"))
    victim = house.person(await house.user(admin, "victim"))
    body = {"return_to": RETURN_TO, "challenge": challenge_of(VERIFIER)}
    answer = await attacker.ask("POST", "/api/v1/auth/me/identities/one/start", body)
    query = query_of(answer.json()["url"])
    found = await browser.travel("one", **query)
    body = {"ticket": found["ticket"], "verifier": VERIFIER}
    assert (await victim.ask("POST", "/api/v1/auth/me/identities", body)).status_code == 401
    assert (await attacker.ask("POST", "/api/v1/auth/me/identities", body)).status_code == 401


async def test_the_only_way_in_is_not_forgotten(house: House, browser: Browser) -> None:
    principal = await house.principal_of((await browser.sign_in("one")).access_token)
    answer = await house.person(principal).ask("DELETE", "/api/v1/auth/me/identities/one")
    assert answer.status_code == 422
