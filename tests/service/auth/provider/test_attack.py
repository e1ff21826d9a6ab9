"""What strangers, other browsers and providers that went astray may try; it signs nobody in."""

import asyncio

import asyncpg
import pytest
from starlette.responses import JSONResponse, Response

from ai4v.adapters.openid.client import MAX_BYTES
from tests.service.auth.house import PASSWORD, House
from tests.service.auth.journey import (
    RETURN_TO,
    Browser,
    query_of,
    told,
)
from tests.support.clock import ManualClock
from tests.support.openid import OpenIdServer, Trick


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


async def test_no_token_ever_is_in_an_address(browser: Browser) -> None:
    away = await browser.start("one")
    answer = await browser.come_back(await browser.consent(away), away.cookie)
    assert set(told(answer)) == {"ticket"}
    assert "eyJ" not in answer.headers["location"]
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_another_state_is_refused(browser: Browser, one: OpenIdServer) -> None:
    away = await browser.start("one")
    address = await browser.consent(away)
    state = query_of(address)["state"]
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
    code, stolen = (query_of(url)["code"] for url in (own, victim))
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
        {"description": "x" * MAX_BYTES},
    ],
    ids=lambda document: next(iter(document)),
)
async def test_a_document_that_is_wrong_sends_nobody_anywhere(
    browser: Browser, one: OpenIdServer, document: dict[str, object]
) -> None:
    one.trick = Trick(document=document)
    answer = await browser.ask_start("one")
    assert answer.status_code == 502
    assert "evil" not in answer.text


async def test_nothing_secret_of_a_sign_in_is_at_rest(
    browser: Browser, database: asyncpg.Connection
) -> None:
    away = await browser.start("one")
    state = query_of(away.url)["state"]
    rows = await database.fetch("SELECT f::text AS row FROM auth.sign_in_flows f")
    text = " ".join(row["row"] for row in rows)
    assert state not in text
    assert away.cookie.partition("=")[2].partition(".")[0] not in text
    ticket = (await browser.travel("one"))["ticket"]
    rows = await database.fetch("SELECT t::text AS row FROM auth.one_time_tokens t")
    assert ticket not in " ".join(row["row"] for row in rows)
    assert PASSWORD not in text
