"""Sign-in elsewhere, end to end."""

import asyncio

import asyncpg

from ai4v.contracts.role import Role
from ai4v.kit.challenge import challenge_of
from tests.service.auth.house import House, Keys
from tests.service.auth.journey import (
    VERIFIER,
    Browser,
    callback_of,
    describe,
    open_house_with,
    query_of,
    told,
)
from tests.support.clock import ManualClock
from tests.support.openid import OpenIdServer, Person, Trick


async def test_providers_are_listed_for_anybody(house: House) -> None:
    answer = await house.gateway.ask("GET", "/api/v1/auth/providers")
    assert [row["name"] for row in answer.json()["providers"]] == ["one", "two", "github"]
    assert answer.json()["providers"][2]["title"] == "GitHub"
    assert answer.json()["providers"][0]["start_url"] == (
        "https://ai4v.example/api/v1/auth/providers/one/start"
    )
    assert "provider gave us" not in answer.text


async def test_somebody_new_becomes_a_user(house: House, browser: Browser) -> None:
    tokens = await browser.sign_in("one")
    principal = await house.principal_of(tokens.access_token)
    assert principal.role is Role.USER
    person = house.person(principal)
    user = (await person.ask("GET", "/api/v1/auth/me")).json()["user"]
    assert user["username"] == "jane.doe"
    (row,) = (await person.ask("GET", "/api/v1/auth/sessions")).json()["sessions"]
    assert row["method"] == "provider:one"
    (identity,) = (await person.ask("GET", "/api/v1/auth/me/identities")).json()["identities"]
    assert (identity["provider"], identity["email"]) == ("one", "jane@example.org")


async def test_the_same_subject_is_the_same_user_whatever_else_changed(
    house: House, browser: Browser, one: OpenIdServer
) -> None:
    first = await house.principal_of((await browser.sign_in("one")).access_token)
    one.person = Person(email="new@example.org", name="other")
    again = await house.principal_of((await browser.sign_in("one")).access_token)
    assert again.user_id == first.user_id


async def test_a_provider_that_signs_otherwise_is_believed(browser: Browser) -> None:
    await browser.sign_in("two")


async def test_github_is_asked_who_it_is(
    house: House, browser: Browser, github: OpenIdServer
) -> None:
    principal = await house.principal_of((await browser.sign_in("github")).access_token)
    me = await house.person(principal).ask("GET", "/api/v1/auth/me/identities")
    assert me.json()["identities"][0]["email"] == "jane@example.org"
    assert github.asked == ["/token", "/user", "/user/emails"]


async def test_an_address_that_github_has_not_verified_counts_for_nothing(
    house: House, browser: Browser, github: OpenIdServer
) -> None:
    github.person = Person(is_verified=False)
    principal = await house.principal_of((await browser.sign_in("github")).access_token)
    me = await house.person(principal).ask("GET", "/api/v1/auth/me/identities")
    assert me.json()["identities"][0]["email"] is None


async def test_what_the_browser_is_sent_with(browser: Browser) -> None:
    answer = await browser.ask_start("one")
    query = query_of(answer.headers["location"])
    assert query["response_type"] == "code"
    assert query["code_challenge_method"] == "S256"
    assert query["redirect_uri"] == callback_of("one")
    assert query["scope"] == "openid email profile"
    assert len({query["state"], query["nonce"], query["code_challenge"]}) == 3
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-ai4v-sign-in=")
    for attribute in ("HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=600"):
        assert attribute in cookie
    assert "Domain" not in cookie
    assert answer.headers["cache-control"] == "no-store"


async def test_a_program_on_the_users_machine_is_come_back_to(browser: Browser) -> None:
    found = await browser.travel("one", return_to="http://127.0.0.1:54321/")
    assert (await browser.exchange(found["ticket"])).status_code == 200


async def test_a_ticket_is_good_once_and_for_a_minute(house: House, browser: Browser) -> None:
    ticket = (await browser.travel("one"))["ticket"]
    answers = await asyncio.gather(*(browser.exchange(ticket) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401]
    late = (await browser.travel("one"))["ticket"]
    house.clock.advance(60)
    assert (await browser.exchange(late)).status_code == 401


async def test_a_ticket_is_for_whoever_began(browser: Browser) -> None:
    found = await browser.travel("one", challenge=challenge_of(VERIFIER))
    assert (await browser.exchange(found["ticket"])).status_code == 401
    assert (await browser.exchange(found["ticket"], "x" * 43)).status_code == 401
    assert (await browser.exchange(found["ticket"], VERIFIER)).status_code == 200


async def test_unknown_keys_send_us_to_the_provider_once_a_minute(
    house: House, browser: Browser, one: OpenIdServer
) -> None:
    await browser.sign_in("one")
    one.trick = Trick(header={"kid": "unknown"})
    for _ in range(5):
        await browser.travel("one")
    assert one.asked.count("/jwks") == 1
    house.clock.advance(61)
    for _ in range(5):
        await browser.travel("one")
    assert one.asked.count("/jwks") == 2


async def test_a_new_key_of_a_provider_is_found(
    house: House, browser: Browser, one: OpenIdServer, clock: ManualClock
) -> None:
    await browser.sign_in("one")
    one.key = OpenIdServer("", clock).key
    house.clock.advance(61)
    await browser.sign_in("one")


async def test_a_user_who_says_no_is_back_with_an_error(browser: Browser) -> None:
    away = await browser.start("one")
    state = query_of(away.url)["state"]
    address = f"{callback_of('one')}?error=access_denied&state={state}"
    assert told(await browser.come_back(address, away.cookie)) == {"error": "access_denied"}


async def test_two_who_are_called_the_same_get_two_names(
    house: House, browser: Browser, one: OpenIdServer, database: asyncpg.Connection
) -> None:
    await browser.sign_in("one")
    one.person = Person(subject="2", email=None)
    await browser.sign_in("one")
    names = [row["username"] for row in await database.fetch("SELECT username FROM auth.users")]
    assert "jane.doe" in names
    assert len({name.partition("-")[0] for name in names}) == 1
    assert len(set(names)) == 2


async def test_domains_may_be_few(
    auth_database_url: str,
    database: asyncpg.Connection,
    keys: Keys,
    clock: ManualClock,
    one: OpenIdServer,
) -> None:
    provider = describe("one", one, allowed_domains=["example.org"], role="guest")
    async with open_house_with(auth_database_url, keys, clock, provider) as house:
        browser = Browser(house)
        tokens = await browser.sign_in("one")
        assert (await house.principal_of(tokens.access_token)).role is Role.GUEST
        for person in (
            Person("2", "a@evil.example"),
            Person("3", "a@evil.example.org"),
            Person("4", "a@example.org", is_verified=False),
            Person("5", None),
        ):
            one.person = person
            assert await browser.travel("one") == {"error": "authorization_error"}


async def test_an_unknown_provider_is_not_there(browser: Browser) -> None:
    assert (await browser.ask_start("nobody")).status_code == 404
    assert (await browser.come_back(callback_of("nobody"), "")).status_code == 404
