"""Registering, proving the address, and what strangers are told: nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from ai4v.adapters.memory.mailer import MemoryMailer
from ai4v.adapters.smtp.mailer import SmtpMailer
from ai4v.contracts.identity import STALE_MARK, credential_cache_key, hash_credential
from ai4v.contracts.role import Role
from tests.service.auth.house import PASSWORD, House, Keys
from tests.service.auth.post import PAGE, Post, open_post, read_token
from tests.support.authority import Authority
from tests.support.clock import ManualClock
from tests.support.poll import until
from tests.support.smtp import open_mail_server

_REGISTER = "/api/v1/auth/register"
_VERIFY = "/api/v1/auth/verify-email"
_RESEND = "/api/v1/auth/verify-email/resend"
_ASHA = {"username": "Asha", "email": "Asha@Example.org", "password": PASSWORD}


@pytest.fixture
async def post(
    auth_database_url: str, database: asyncpg.Connection, keys: Keys
) -> AsyncIterator[Post]:
    """A service without users that anybody may register at."""
    assert not database.is_closed()
    mailer = MemoryMailer()
    async with open_post(auth_database_url, keys, ManualClock(), mailer) as house:
        yield Post(house, mailer)


async def role_of(house: House, username: str) -> Role:
    return (await house.principal_of(await house.token(username, PASSWORD))).role


async def test_who_registers_is_a_guest_and_then_a_user(
    post: Post, database: asyncpg.Connection
) -> None:
    stranger = post.house.stranger()
    answer = await stranger.ask("POST", _REGISTER, _ASHA)
    assert answer.status_code == 202
    assert answer.headers["cache-control"] == "no-store"
    assert await role_of(post.house, "asha") is Role.GUEST
    (letter,) = await post.letters(1)
    assert letter.recipient == "asha@example.org"
    token = await post.token()
    assert f"{PAGE}/verify-email#token={token}" in letter.text
    stored = await database.fetchrow("SELECT * FROM auth.one_time_tokens")
    assert stored["token_hash"] == hash_credential(token)
    assert token not in str(dict(stored))
    assert (await stranger.ask("POST", _VERIFY, {"token": token})).status_code == 204
    assert await role_of(post.house, "asha") is Role.USER
    assert (await stranger.ask("POST", _VERIFY, {"token": token})).status_code == 422
    assert await database.fetchval("SELECT count(*) FROM auth.one_time_tokens") == 0


async def test_a_session_of_before_the_proof_may_more_after_it(post: Post) -> None:
    stranger = post.house.stranger()
    await stranger.ask("POST", _REGISTER, _ASHA)
    session = await post.house.token("asha", PASSWORD)
    guest = await post.house.principal_of(session)
    await stranger.ask("POST", _VERIFY, {"token": await post.token()})
    user = await post.house.principal_of(session)
    assert guest.permissions < user.permissions
    mark = await post.house.shared.get(credential_cache_key(hash_credential(session)))
    assert mark == STALE_MARK
    me = await post.house.person(user).ask("GET", "/api/v1/auth/me")
    assert me.json()["user"]["email"] == "asha@example.org"
    assert me.json()["user"]["is_email_verified"] is True


@pytest.mark.parametrize(
    ("change", "subject"),
    [
        ({"username": "other"}, "You already have an account"),
        ({"email": "other@example.org"}, "Please choose another username"),
        ({}, "You already have an account"),
    ],
)
async def test_the_answer_does_not_tell_what_is_known(
    post: Post, database: asyncpg.Connection, change: dict[str, str], subject: str
) -> None:
    stranger = post.house.stranger()
    first = await stranger.ask("POST", _REGISTER, _ASHA)
    again = await stranger.ask("POST", _REGISTER, _ASHA | change)
    assert again.status_code == first.status_code == 202
    assert again.json() == first.json()
    letters = await post.letters(2)
    assert letters[1].subject == subject
    assert letters[1].recipient == (_ASHA | change)["email"].lower()
    assert "#token=" not in letters[1].text
    assert await database.fetchval("SELECT count(*) FROM auth.users") == 1
    assert await database.fetchval("SELECT count(*) FROM auth.one_time_tokens") == 1


async def test_known_and_unknown_take_the_same_transactions(
    post: Post, database: asyncpg.Connection
) -> None:
    """Counted, since a clock would tell more of the machine than of the code."""
    stranger = post.house.stranger("192.0.2.1")
    await stranger.ask("POST", _REGISTER, _ASHA)
    paths = {
        _RESEND: ({"email": "asha@example.org"}, {"email": "nobody@example.org"}),
        "/api/v1/auth/password/reset": ({"account": "asha"}, {"account": "nobody"}),
        _REGISTER: (_ASHA, _ASHA | {"username": "ravi", "email": "ravi@example.org"}),
    }
    for path, (known, unknown) in paths.items():
        counts = []
        for body in (known, unknown):
            before = await count_transactions(database)
            assert (await stranger.ask("POST", path, body)).status_code == 202
            counts.append(await count_transactions(database) - before)
        assert counts[0] == counts[1] == 1, path


async def count_transactions(database: asyncpg.Connection) -> int:
    """Every use case here leaves one event of the audit log for each transaction that writes."""
    count: int = await database.fetchval(
        "SELECT count(*) FROM auth.audit_events WHERE action NOT LIKE 'access.%'"
    )
    return count


async def test_the_link_is_sent_again_and_the_older_one_dies(post: Post) -> None:
    stranger = post.house.stranger()
    await stranger.ask("POST", _REGISTER, _ASHA)
    old = await post.token()
    assert (await stranger.ask("POST", _RESEND, {"email": "asha@example.org"})).status_code == 202
    new = await post.token(2)
    assert (await stranger.ask("POST", _VERIFY, {"token": old})).status_code == 422
    assert (await stranger.ask("POST", _VERIFY, {"token": new})).status_code == 204
    assert (await stranger.ask("POST", _RESEND, {"email": "asha@example.org"})).status_code == 202
    assert len(await post.letters(2)) == 2


async def test_a_link_is_good_for_a_day(post: Post) -> None:
    stranger = post.house.stranger()
    await stranger.ask("POST", _REGISTER, _ASHA)
    token = await post.token()
    post.house.clock.advance(24 * 3600 + 1)
    assert (await stranger.ask("POST", _VERIFY, {"token": token})).status_code == 422


async def test_a_link_of_one_kind_is_not_good_for_another(post: Post) -> None:
    stranger = post.house.stranger()
    await stranger.ask("POST", _REGISTER, _ASHA)
    body = {"token": await post.token(), "new_password": "another horse battery"}
    answer = await stranger.ask("POST", "/api/v1/auth/password/reset/confirm", body)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"password": "passwordpassword"}, "password"),
        ({"password": "asha@example.org"}, "password"),
        ({"password": "short"}, "password"),
        ({"username": "asha@example.org"}, "username"),
        ({"email": "asha@example.org\r\nBcc: eve@example.org"}, "email"),
        ({"email": "asha@example.org, eve@example.org"}, "email"),
        ({"role": "admin"}, "role"),
        ({"is_active": True}, "is_active"),
    ],
)
async def test_what_nobody_can_register_with_is_refused(
    post: Post, database: asyncpg.Connection, change: dict[str, object], path: str
) -> None:
    answer = await post.house.stranger().ask("POST", _REGISTER, _ASHA | change)
    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["detail"]["errors"]] == [path]
    assert await database.fetchval("SELECT count(*) FROM auth.users") == 0


async def test_nobody_registers_where_registration_is_closed(house: House) -> None:
    answer = await house.stranger().ask("POST", _REGISTER, _ASHA)
    assert answer.status_code == 403


@pytest.mark.usefixtures("database")
async def test_without_a_mail_server_the_operator_makes_the_link(
    auth_database_url: str, keys: Keys
) -> None:
    async with open_post(auth_database_url, keys, ManualClock(), None) as house:
        assert (await house.stranger().ask("POST", _REGISTER, _ASHA)).status_code == 202
        path = "/internal/users/asha/link"
        answer = await house.operator.ask("POST", path, {"purpose": "verify-email"})
        token = answer.json()["url"].partition("#token=")[2]
        assert (await house.stranger().ask("POST", _VERIFY, {"token": token})).status_code == 204
        assert await role_of(house, "asha") is Role.USER
        for caller in (house.gateway, house.stranger(), house.caller("asr")):
            refused = await caller.ask("POST", path, {"purpose": "verify-email"})
            assert refused.status_code == 403
        nobody = "/internal/users/nobody/link"
        missing = await house.operator.ask("POST", nobody, {"purpose": "verify-email"})
        assert missing.status_code == 404


async def test_registrations_from_one_address_are_few(post: Post) -> None:
    stranger = post.house.stranger("192.0.2.1")
    statuses = [
        (
            await stranger.ask(
                "POST", _REGISTER, _ASHA | {"username": f"user{n}", "email": f"u{n}@example.org"}
            )
        ).status_code
        for n in range(22)
    ]
    assert statuses == [202] * 20 + [429] * 2


@pytest.mark.usefixtures("database")
async def test_a_letter_goes_over_smtp_and_its_link_is_good(
    auth_database_url: str, keys: Keys, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    async with open_mail_server(starttls=authority.server("127.0.0.1")) as server:
        mailer = SmtpMailer(
            f"smtp://{server.host}:{server.port}",
            sender="ai4v@example.org",
            context=authority.client(),
        )
        async with open_post(auth_database_url, keys, ManualClock(), mailer) as house:
            assert (await house.stranger().ask("POST", _REGISTER, _ASHA)).status_code == 202

            async def has_come() -> bool:
                return bool(server.messages)

            await until(has_come)
            body = {"token": read_token(server.letters[0])}
            assert (await house.stranger().ask("POST", _VERIFY, body)).status_code == 204
            assert await role_of(house, "asha") is Role.USER


@pytest.mark.usefixtures("database")
async def test_a_mail_server_that_is_down_changes_no_answer(
    auth_database_url: str, keys: Keys
) -> None:
    async with open_mail_server() as server:
        pass
    nowhere = SmtpMailer(f"smtp://{server.host}:{server.port}", sender="ai4v@example.org")
    async with open_post(auth_database_url, keys, ManualClock(), nowhere) as house:
        for _ in range(2):
            assert (await house.stranger().ask("POST", _REGISTER, _ASHA)).status_code == 202
