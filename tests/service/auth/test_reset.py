"""Lost passwords, changed addresses, accounts that are left."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from ai4v.adapters.memory.mailer import MemoryMailer
from tests.service.auth.house import PASSWORD, Caller, House, Keys, create_key
from tests.service.auth.post import Post, open_post
from tests.support.clock import ManualClock

_FORGET = "/api/v1/auth/password/reset"
_CONFIRM = "/api/v1/auth/password/reset/confirm"
_ME = "/api/v1/auth/me"
_NEW_PASSWORD = "another horse battery"


@pytest.fixture
async def post(
    auth_database_url: str, database: asyncpg.Connection, keys: Keys
) -> AsyncIterator[Post]:
    """A service with an administrator and Asha, whose address is known."""
    assert not database.is_closed()
    mailer = MemoryMailer()
    async with open_post(auth_database_url, keys, ManualClock(), mailer) as house:
        admin = await sign_in_first(house)
        body = {"username": "asha", "password": PASSWORD, "email": "asha@example.org"}
        assert (await admin.ask("POST", "/api/v1/auth/users", body)).status_code == 201
        yield Post(house, mailer)


async def sign_in_first(house: House) -> Caller:
    first = await house.bootstrap()
    return house.person(await house.principal_of(await house.token("admin", first.password)))


async def asha(post: Post) -> Caller:
    token = await post.house.token("asha", PASSWORD)
    return post.house.person(await post.house.principal_of(token))


async def test_a_lost_password_is_replaced_by_a_letter(post: Post) -> None:
    house, stranger = post.house, post.house.stranger()
    session = await house.token("asha", PASSWORD)
    key = await create_key(await asha(post))
    assert (await stranger.ask("POST", _FORGET, {"account": "ASHA"})).status_code == 202
    body = {"token": await post.token(), "new_password": _NEW_PASSWORD}
    assert (await stranger.ask("POST", _CONFIRM, body)).status_code == 204
    assert await house.is_marked(session)
    assert (await house.check(session)).status_code == 401
    assert (await house.check(key.key)).status_code == 200
    assert (await house.sign_in("asha", PASSWORD)).status_code == 401
    assert (await house.sign_in("asha", _NEW_PASSWORD)).status_code == 200
    assert (await stranger.ask("POST", _CONFIRM, body)).status_code == 422
    letters = await post.letters(2)
    assert letters[1].subject == "Your account was changed"


async def test_the_answer_is_the_same_for_nobody(post: Post) -> None:
    stranger = post.house.stranger()
    accounts = ("asha", "asha@example.org", "nobody", "nobody@example.org", "admin", "'; --", "ॐ")
    answers = [await stranger.ask("POST", _FORGET, {"account": account}) for account in accounts]
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert {letter.recipient for letter in await post.letters(2)} == {"asha@example.org"}
    assert len(post.mailer.letters) == 2


async def test_a_poor_password_does_not_spend_the_token(post: Post) -> None:
    stranger = post.house.stranger()
    await stranger.ask("POST", _FORGET, {"account": "asha"})
    token = await post.token()
    for poor in ("short", "passwordpassword", "asha.asha.asha.asha"):
        answer = await stranger.ask("POST", _CONFIRM, {"token": token, "new_password": poor})
        assert answer.status_code == 422
        assert answer.json()["detail"]["errors"][0]["path"] == "new_password"
    answer = await stranger.ask("POST", _CONFIRM, {"token": token, "new_password": _NEW_PASSWORD})
    assert answer.status_code == 204


async def test_a_reset_link_is_good_for_an_hour_and_dies_with_the_next(post: Post) -> None:
    stranger = post.house.stranger()
    await stranger.ask("POST", _FORGET, {"account": "asha"})
    first = await post.token()
    await stranger.ask("POST", _FORGET, {"account": "asha"})
    second = await post.token(2)
    post.house.clock.advance(3601)
    for token in (first, second, "a4o_x", "x" * 129):
        body = {"token": token, "new_password": _NEW_PASSWORD}
        answer = await stranger.ask("POST", _CONFIRM, body)
        assert answer.status_code == 422
        assert answer.json()["detail"]["errors"][0]["path"] == "token"
    assert (await post.house.sign_in("asha", PASSWORD)).status_code == 200


async def test_who_is_let_out_gets_no_letter_and_no_way_back(post: Post) -> None:
    stranger = post.house.stranger()
    await stranger.ask("POST", _FORGET, {"account": "asha"})
    token = await post.token()
    body = {"current_password": PASSWORD}
    left = await (await asha(post)).ask("POST", f"{_ME}/deactivate", body)
    assert left.status_code == 204
    answer = await stranger.ask("POST", _CONFIRM, {"token": token, "new_password": _NEW_PASSWORD})
    assert answer.status_code == 422
    assert (await stranger.ask("POST", _FORGET, {"account": "asha"})).status_code == 202
    assert (await post.house.sign_in("asha", PASSWORD)).status_code == 401
    assert len(post.mailer.letters) == 1


async def test_leaving_needs_the_password_and_ends_everything(post: Post) -> None:
    user = await asha(post)
    key = await create_key(user)
    session = await post.house.token("asha", PASSWORD)
    wrong = await user.ask("POST", f"{_ME}/deactivate", {"current_password": "wrong"})
    assert wrong.status_code == 422
    assert (await post.house.check(session)).status_code == 200
    right = await user.ask("POST", f"{_ME}/deactivate", {"current_password": PASSWORD})
    assert right.status_code == 204
    for credential in (key.key, session):
        assert await post.house.is_marked(credential)
        assert (await post.house.check(credential)).status_code == 401


async def test_the_last_administrator_stays(house: House) -> None:
    first = await house.bootstrap()
    token = await house.token("admin", first.password)
    admin = house.person(await house.principal_of(token))
    answer = await admin.ask("POST", f"{_ME}/deactivate", {"current_password": first.password})
    assert answer.status_code == 422
    assert (await house.check(token)).status_code == 200


async def test_another_address_counts_once_it_is_proved(post: Post) -> None:
    user = await asha(post)
    body = {"email": "rao@example.org", "current_password": PASSWORD}
    assert (await user.ask("PATCH", _ME, body)).status_code == 202
    assert (await user.ask("GET", _ME)).json()["user"]["email"] == "asha@example.org"
    (letter,) = await post.letters(1)
    assert letter.recipient == "rao@example.org"
    verify = {"token": await post.token()}
    answer = await post.house.stranger().ask("POST", "/api/v1/auth/verify-email", verify)
    assert answer.status_code == 204
    assert (await user.ask("GET", _ME)).json()["user"]["email"] == "rao@example.org"
    letters = await post.letters(2)
    assert letters[1].recipient == "asha@example.org"


async def test_another_address_needs_the_password(post: Post) -> None:
    user = await asha(post)
    body = {"email": "rao@example.org", "current_password": "wrong"}
    answer = await user.ask("PATCH", _ME, body)
    assert answer.status_code == 422
    assert not post.mailer.letters


async def test_somebody_elses_address_is_not_told_and_not_given(
    post: Post, database: asyncpg.Connection
) -> None:
    stranger = post.house.stranger()
    ravi = {"username": "ravi", "email": "ravi@example.org", "password": _NEW_PASSWORD}
    await stranger.ask("POST", "/api/v1/auth/register", ravi)
    await post.letters(1)
    user = await asha(post)
    free = {"email": "free@example.org", "current_password": PASSWORD}
    taken = free | {"email": "ravi@example.org"}
    answers = [await user.ask("PATCH", _ME, body) for body in (free, taken)]
    assert {answer.status_code for answer in answers} == {202}
    assert answers[0].json() == answers[1].json()
    letters = await post.letters(3)
    assert letters[2].subject == "You already have an account"
    assert await database.fetchval("SELECT count(*) FROM auth.one_time_tokens") == 2


async def test_an_address_that_was_taken_meanwhile_is_not_given(post: Post) -> None:
    user, stranger = await asha(post), post.house.stranger()
    await user.ask("PATCH", _ME, {"email": "rao@example.org", "current_password": PASSWORD})
    token = await post.token()
    other = {"username": "other", "email": "rao@example.org", "password": _NEW_PASSWORD}
    await stranger.ask("POST", "/api/v1/auth/register", other)
    answer = await stranger.ask("POST", "/api/v1/auth/verify-email", {"token": token})
    assert answer.status_code == 422
    assert (await user.ask("GET", _ME)).json()["user"]["email"] == "asha@example.org"
