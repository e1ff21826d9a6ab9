"""Sign-in elsewhere, end to end against providers on real sockets, and the attacks on it."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from starlette.responses import JSONResponse, Response

from ai4v.adapters.openid.client import MAX_BYTES
from ai4v.contracts.role import Role
from ai4v.services.auth.session.opaque import challenge_of
from tests.service.auth.house import PASSWORD, House, Keys
from tests.service.auth.journey import (
    RETURN_TO,
    VERIFIER,
    Browser,
    callback_of,
    describe,
    describe_github,
    open_house_with,
    told,
)
from tests.support.clock import ManualClock
from tests.support.openid import OpenIdServer, Person, Trick, served


def _query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def one(clock: ManualClock) -> AsyncIterator[OpenIdServer]:
    """An OpenID provider."""
    async with served(OpenIdServer(callback_of("one"), clock)) as server:
        yield server


@pytest.fixture
async def two(clock: ManualClock) -> AsyncIterator[OpenIdServer]:
    """Another, which signs otherwise."""
    async with served(OpenIdServer(callback_of("two"), clock, algorithm="ES256")) as server:
        yield server


@pytest.fixture
async def github(clock: ManualClock) -> AsyncIterator[OpenIdServer]:
    """A GitHub."""
    async with served(OpenIdServer(callback_of("github"), clock)) as server:
        server.trick = Trick(response_issuer="")
        yield server


@pytest.fixture
def providers(
    one: OpenIdServer, two: OpenIdServer, github: OpenIdServer
) -> tuple[dict[str, object], ...]:
    """The settings of all three."""
    return describe("one", one), describe("two", two), describe_github(github)


@pytest.fixture
async def house(
    auth_database_url: str,
    database: asyncpg.Connection,
    keys: Keys,
    clock: ManualClock,
    providers: tuple[dict[str, object], ...],
) -> AsyncIterator[House]:
    """A service at which users may sign in with all three."""
    async with open_house_with(auth_database_url, keys, clock, *providers) as house:
        yield house


@pytest.fixture
def browser(house: House) -> Browser:
    return Browser(house)


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
    query = {
        name: value[0]
        for name, value in parse_qs(urlsplit(answer.headers["location"]).query).items()
    }
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


@pytest.mark.parametrize(
    "return_to",
    [
        "https://evil.example/",
        RETURN_TO + "/",
        RETURN_TO + "?next=https://evil.example",
        RETURN_TO.replace("https", "http"),
        "https://app.example/signed-in@evil.example",
        "//evil.example",
        "javascript:alert(1)",
        "http://127.0.0.1:8000/path",
        "http://127.0.0.1:8000@evil.example/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:99999/",
        "http://localhost:8000/",
        "http://127.0.0.1.evil.example:80/",
        "http://127.0.0.1:8000/\r\nset-cookie: x=y",
    ],
)
async def test_browsers_are_sent_nowhere_else(browser: Browser, return_to: str) -> None:
    answer = await browser.ask_start("one", return_to=return_to)
    assert answer.status_code == 422
    assert "location" not in answer.headers


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


async def test_no_token_ever_is_in_an_address(browser: Browser) -> None:
    away = await browser.start("one")
    answer = await browser.come_back(await browser.consent(away), away.cookie)
    assert set(told(answer)) == {"ticket"}
    assert "eyJ" not in answer.headers["location"]
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_another_state_is_refused(browser: Browser, one: OpenIdServer) -> None:
    away = await browser.start("one")
    address = await browser.consent(away)
    state = _query(address)["state"]
    for forged in ("x" * len(state), "", state[:-1]):
        answer = await browser.come_back(address.replace(state, forged), away.cookie)
        assert answer.status_code == 401
        assert "location" not in answer.headers
    assert "/token" not in one.asked


async def test_a_state_is_good_once(browser: Browser) -> None:
    away = await browser.start("one")
    address = await browser.consent(away)
    answers = await asyncio.gather(*(browser.come_back(address, away.cookie) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [302, 401, 401, 401]


async def test_a_state_ends(house: House, browser: Browser) -> None:
    away = await browser.start("one")
    address = await browser.consent(away)
    house.clock.advance(600)
    assert (await browser.come_back(address, away.cookie)).status_code == 401


async def test_another_browser_is_refused(browser: Browser, one: OpenIdServer) -> None:
    """What an attacker began cannot be ended in a victim's browser (login CSRF)."""
    victim = await browser.start("one")
    for cookie in (victim.cookie, "", "__Host-ai4v-sign-in=..", "ai4v-sign-in=x"):
        attacker = await browser.start("one")
        address = await browser.consent(attacker)
        assert (await browser.come_back(address, cookie)).status_code == 401
    assert "/token" not in one.asked


async def test_a_stolen_code_is_worth_nothing_in_another_attempt(
    browser: Browser, one: OpenIdServer
) -> None:
    """Code injection: the provider holds the verifier of the attempt that the code is of."""
    victim = await browser.consent(await browser.start("one"))
    attacker = await browser.start("one")
    own = await browser.consent(attacker)
    code, stolen = (_query(url)["code"] for url in (own, victim))
    found = told(await browser.come_back(own.replace(code, stolen), attacker.cookie))
    assert found == {"error": "authentication_error"}
    assert one.refused == ["invalid_grant: another code_verifier"]


async def test_an_answer_of_another_provider_is_refused(
    browser: Browser, one: OpenIdServer, two: OpenIdServer
) -> None:
    """Mix-up: what began with one provider comes back by the address of the other."""
    away = await browser.start("one")
    address = (await browser.consent(away)).replace("/one/", "/two/")
    assert (await browser.come_back(address, away.cookie)).status_code == 401

    one.trick = Trick(response_issuer=two.issuer)
    assert await browser.travel("one") == {"error": "authentication_error"}
    one.trick = Trick(response_issuer="")
    assert await browser.travel("one") == {"error": "authentication_error"}
    assert "/token" not in [*one.asked, *two.asked]


_HOUR = 3600
_START = int(ManualClock().now().timestamp())


@pytest.mark.parametrize(
    "trick",
    [
        pytest.param(Trick(claims={"nonce": "another"}), id="another nonce"),
        pytest.param(Trick(claims={"nonce": None}), id="no nonce"),
        pytest.param(Trick(claims={"iss": "https://evil.example"}), id="another issuer"),
        pytest.param(Trick(claims={"iss": None}), id="no issuer"),
        pytest.param(Trick(claims={"aud": "somebody else"}), id="another audience"),
        pytest.param(Trick(claims={"aud": ["ai4v-at-the-provider", "else"]}), id="two, and no azp"),
        pytest.param(
            Trick(claims={"aud": ["ai4v-at-the-provider", "else"], "azp": "else"}), id="other azp"
        ),
        pytest.param(Trick(claims={"azp": "else"}), id="azp alone"),
        pytest.param(Trick(claims={"exp": _START - _HOUR}), id="expired"),
        pytest.param(Trick(claims={"exp": None}), id="never expires"),
        pytest.param(Trick(claims={"iat": _START + _HOUR}), id="from the future"),
        pytest.param(Trick(claims={"nbf": _START + _HOUR}), id="not yet"),
        pytest.param(Trick(claims={"sub": None}), id="nobody"),
        pytest.param(Trick(claims={"sub": "x" * 256}), id="a subject too long"),
        pytest.param(Trick(claims={"sub": 7}), id="a number"),
        pytest.param(Trick(signer="none"), id="alg none"),
        pytest.param(Trick(signer="secret"), id="our secret as key"),
        pytest.param(Trick(signer="other"), id="another key under its name"),
        pytest.param(Trick(header={"kid": "unknown"}), id="an unknown key"),
        pytest.param(Trick(header={"typ": "at+jwt"}), id="another kind of token"),
    ],
)
async def test_an_id_token_that_is_wrong_signs_nobody_in(
    browser: Browser, one: OpenIdServer, database: asyncpg.Connection, trick: Trick
) -> None:
    one.trick = trick
    assert await browser.travel("one") == {"error": "authentication_error"}
    assert await database.fetchval("SELECT count(*) FROM auth.users") == 0
    one.trick = Trick()
    await browser.sign_in("one")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Response("no JSON"), id="no JSON"),
        pytest.param(JSONResponse({"access_token": "x"}), id="no ID token"),
        pytest.param(JSONResponse([]), id="a list"),
        pytest.param(Response(b" " * (MAX_BYTES + 1)), id="too much"),
        pytest.param(Response(status_code=500), id="broken"),
        pytest.param(
            Response(status_code=302, headers={"location": "http://127.0.0.1:1/"}), id="elsewhere"
        ),
    ],
)
async def test_a_provider_that_answers_nonsense_signs_nobody_in(
    browser: Browser, one: OpenIdServer, answer: Response
) -> None:
    one.trick = Trick(token_answer=answer)
    assert await browser.travel("one") == {"error": "upstream_error"}


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
    ],
)
async def test_a_document_that_is_wrong_sends_nobody_anywhere(
    browser: Browser, one: OpenIdServer, document: dict[str, object]
) -> None:
    one.trick = Trick(document=document)
    answer = await browser.ask_start("one")
    assert answer.status_code == 502
    assert "evil" not in answer.text


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
    state = _query(away.url)["state"]
    address = f"{callback_of('one')}?error=access_denied&state={state}"
    assert told(await browser.come_back(address, away.cookie)) == {"error": "access_denied"}


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


async def test_a_signed_in_user_links_and_then_signs_in_by_it(
    house: House, browser: Browser, one: OpenIdServer
) -> None:
    asha = await house.user(await house.administrator(), "asha")
    person = house.person(asha)
    body = {"return_to": RETURN_TO, "challenge": challenge_of(VERIFIER)}
    answer = await person.ask("POST", "/api/v1/auth/me/identities/one/start", body)
    query = _query(answer.json()["url"])
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
    query = _query(answer.json()["url"])
    found = await browser.travel("one", **query)
    body = {"ticket": found["ticket"], "verifier": VERIFIER}
    assert (await victim.ask("POST", "/api/v1/auth/me/identities", body)).status_code == 401
    assert (await attacker.ask("POST", "/api/v1/auth/me/identities", body)).status_code == 401


async def test_the_only_way_in_is_not_forgotten(house: House, browser: Browser) -> None:
    principal = await house.principal_of((await browser.sign_in("one")).access_token)
    answer = await house.person(principal).ask("DELETE", "/api/v1/auth/me/identities/one")
    assert answer.status_code == 422


async def test_an_unknown_provider_is_not_there(browser: Browser) -> None:
    assert (await browser.ask_start("nobody")).status_code == 404
    assert (await browser.come_back(callback_of("nobody"), "")).status_code == 404


async def test_nothing_secret_of_a_sign_in_is_at_rest(
    browser: Browser, database: asyncpg.Connection
) -> None:
    away = await browser.start("one")
    state = _query(away.url)["state"]
    rows = await database.fetch("SELECT f::text AS row FROM auth.sign_in_flows f")
    text = " ".join(row["row"] for row in rows)
    assert state not in text
    assert away.cookie.partition("=")[2].partition(".")[0] not in text
    ticket = (await browser.travel("one"))["ticket"]
    rows = await database.fetch("SELECT t::text AS row FROM auth.one_time_tokens t")
    assert ticket not in " ".join(row["row"] for row in rows)
    assert PASSWORD not in text
