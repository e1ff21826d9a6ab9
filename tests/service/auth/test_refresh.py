"""Renewing a session: a refresh token is good once, and a second time ends everything."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from ai4v.contracts.session import SessionTokens
from ai4v.kit.database.connection import Database
from ai4v.services.auth.residue.repository import KEPT, ResidueRepository
from ai4v.services.auth.residue.service import ResidueSweeper
from tests.service.auth.house import House, Keys, open_house

_DAY = 86_400


async def _sign_in(house: House) -> SessionTokens:
    first = await house.bootstrap()
    answer = await house.sign_in(first.username, first.password)
    assert answer.status_code == 200, answer.text
    return SessionTokens.model_validate_json(answer.content)


async def _refresh(house: House, token: str) -> SessionTokens | None:
    answer = await house.gateway.ask("POST", "/api/v1/auth/refresh", {"refresh_token": token})
    if answer.status_code == 401:
        return None
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return SessionTokens.model_validate_json(answer.content)


async def _must_refresh(house: House, token: str) -> SessionTokens:
    renewed = await _refresh(house, token)
    assert renewed is not None
    return renewed


async def test_a_sign_in_brings_two_tokens(house: House) -> None:
    tokens = await _sign_in(house)
    assert tokens.refresh_token.startswith("a4r_")
    assert len(tokens.refresh_token) == len("a4r_") + 43
    assert (tokens.expires_in, tokens.refresh_expires_in) == (900, 7 * _DAY)


async def test_a_refresh_brings_a_new_pair_and_the_session_stays(house: House) -> None:
    old = await _sign_in(house)
    house.clock.advance(600)
    new = await _must_refresh(house, old.refresh_token)
    assert new.refresh_token != old.refresh_token
    before = await house.principal_of(old.access_token)
    after = await house.principal_of(new.access_token)
    assert after.session_id == before.session_id is not None
    assert after == before


async def test_a_used_refresh_token_ends_the_whole_session(
    house: House, database: asyncpg.Connection
) -> None:
    stolen = await _sign_in(house)
    new = await _must_refresh(house, stolen.refresh_token)
    session_id = (await house.principal_of(new.access_token)).session_id
    assert await _refresh(house, stolen.refresh_token) is None
    for access in (stolen.access_token, new.access_token):
        assert await house.is_marked(access)
        assert (await house.check(access)).status_code == 401
    assert await _refresh(house, new.refresh_token) is None
    rows = await database.fetch(
        "SELECT action, actor FROM auth.audit_events WHERE target = $1 ORDER BY sequence DESC",
        f"session:{session_id}",
    )
    assert [row["action"] for row in rows] == [
        "session.reuse",
        "session.refresh",
        "session.create",
    ]
    assert {row["actor"] for row in rows} == {"anonymous"}


async def test_of_two_at_the_same_moment_one_wins_and_the_session_ends(
    house: House, auth_database_url: str, keys: Keys
) -> None:
    tokens = await _sign_in(house)
    async with open_house(auth_database_url, keys, house.clock, cache=house.cache) as other:
        answers = await asyncio.gather(
            *(_refresh(place, tokens.refresh_token) for place in (house, other) for _ in range(4))
        )
    (winner,) = [answer for answer in answers if answer is not None]
    assert (await house.check(winner.access_token)).status_code == 401
    assert await house.is_marked(winner.access_token)
    assert await _refresh(house, winner.refresh_token) is None


@pytest.mark.parametrize(
    "token", ["a4r_" + "A" * 43, "x", "a4v_x", "\x00", "ü" * 100, "a4r_' OR 1=1 --"]
)
async def test_what_was_never_issued_is_refused(house: House, token: str) -> None:
    await _sign_in(house)
    assert await _refresh(house, token) is None


async def test_an_access_token_is_no_refresh_token_and_the_other_way(house: House) -> None:
    tokens = await _sign_in(house)
    assert await _refresh(house, tokens.access_token) is None
    assert (await house.check(tokens.refresh_token)).status_code == 401


async def test_a_session_that_is_not_renewed_ends(house: House) -> None:
    tokens = await _sign_in(house)
    house.clock.advance(7 * _DAY - 1)
    tokens = await _must_refresh(house, tokens.refresh_token)
    house.clock.advance(7 * _DAY)
    assert await _refresh(house, tokens.refresh_token) is None


async def test_a_session_ends_however_often_it_is_renewed(house: House) -> None:
    tokens = await _sign_in(house)
    for _ in range(5):
        house.clock.advance(5.99 * _DAY)
        tokens = await _must_refresh(house, tokens.refresh_token)
    assert tokens.refresh_expires_in < _DAY
    house.clock.advance(_DAY / 20 - 600)
    tokens = await _must_refresh(house, tokens.refresh_token)
    assert tokens.expires_in < 900
    assert tokens.refresh_expires_in == tokens.expires_in
    house.clock.advance(tokens.expires_in)
    assert (await house.check(tokens.access_token)).status_code == 401
    assert await _refresh(house, tokens.refresh_token) is None


async def test_somebody_let_out_renews_nothing(house: House) -> None:
    admin = await house.administrator()
    asha = await house.user(admin, "asha")
    answer = await house.sign_in("asha", "correct horse battery")
    tokens = SessionTokens.model_validate_json(answer.content)
    await admin.ask("PATCH", f"/api/v1/auth/users/{asha.user_id}", {"is_active": False})
    await admin.ask("PATCH", f"/api/v1/auth/users/{asha.user_id}", {"is_active": True})
    assert await _refresh(house, tokens.refresh_token) is None


async def test_no_token_is_at_rest(house: House, database: asyncpg.Connection) -> None:
    tokens = await _sign_in(house)
    tokens = await _must_refresh(house, tokens.refresh_token)
    for table in ("sessions", "access_tokens", "refresh_tokens", "audit_events"):
        rows = await database.fetch(f"SELECT t::text AS row FROM auth.{table} t")  # noqa: S608 - names from here
        assert rows
        text = " ".join(row["row"] for row in rows)
        assert tokens.refresh_token not in text
        assert tokens.access_token not in text


async def test_what_has_ended_is_swept(
    house: House, database: asyncpg.Connection, auth_database_url: str
) -> None:
    await _sign_in(house)
    idle = timedelta(seconds=7 * _DAY)
    pool = Database(auth_database_url)
    repository = ResidueRepository(pool, idle)
    sweeper = ResidueSweeper(repository, house.clock)
    try:
        assert await sweeper.sweep() == 0
        house.clock.advance(idle.total_seconds() + KEPT.total_seconds() + 1)
        now = house.clock.now()
        assert await repository.delete(now=now, limit=1) == 3
        assert await sweeper.sweep() == 0
    finally:
        await pool.close()
    assert await database.fetchval("SELECT count(*) FROM auth.sessions") == 0
