"""API keys: made, shown once, used, revoked."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from ai4v.contracts.apikey import KeyList
from ai4v.contracts.identity import RateLimits
from ai4v.contracts.role import Role
from ai4v.services.auth.key.apikey import mint_key
from tests.service.auth.house import House, create_key


async def test_a_key_says_whose_it_is(house: House) -> None:
    admin = await house.administrator()
    asha = await house.user(admin, "asha")
    key = await create_key(house.person(asha), name="मेरी कुंजी", limits={"per_minute": 5})
    principal = await house.principal_of(key.key)
    assert principal.user_id == asha.user_id
    assert principal.role is Role.USER
    assert principal.key_id == key.id
    assert principal.limits == RateLimits(per_minute=5, per_hour=1_000, per_day=10_000)


async def test_a_key_is_shown_once_and_told_apart_by_its_prefix(house: House) -> None:
    admin = await house.administrator()
    key = await create_key(admin)
    assert key.key.startswith(key.prefix + "_")
    listed = await admin.ask("GET", "/api/v1/auth/keys")
    assert key.prefix in listed.text
    assert key.key.removeprefix(key.prefix) not in listed.text


async def test_no_row_holds_a_secret(house: House, database: asyncpg.Connection) -> None:
    first = await house.bootstrap()
    signed_in = (await house.sign_in(first.username, first.password)).json()
    token, refresh_token = signed_in["access_token"], signed_in["refresh_token"]
    admin = house.person(await house.principal_of(token))
    key = await create_key(admin, name=f"pasted {first.api_key}"[:100])
    await admin.ask("PATCH", f"/api/v1/auth/keys/{key.id}", {"name": "renamed"})
    rotated = (await admin.ask("POST", f"/api/v1/auth/keys/{key.id}/rotate", {})).json()["key"]
    await house.check(key.key)
    await house.sign_in(first.username, "not " + first.password)
    tables = await database.fetch(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'auth'"
    )
    rows = [
        row[0]
        for (table,) in tables
        for row in await database.fetch(f"SELECT t::text FROM auth.{table} t")  # noqa: S608 - our names
    ]
    dump = "\n".join(rows)
    assert len(tables) >= 11
    assert "key.rotate" in dump
    for secret in (first.password, first.api_key, key.key, rotated, token, refresh_token):
        assert secret not in dump
    for known in (first.api_key, key.key, rotated, token, refresh_token):
        secret_part = known.rpartition("_")[2].rpartition(".")[2]
        assert all(secret_part[at : at + 8] not in dump for at in range(len(secret_part) - 7))


async def test_users_see_their_own_keys_and_administrators_all(house: House) -> None:
    admin = await house.administrator()
    user = house.person(await house.user(admin, "asha"))
    key = await create_key(user)

    async def ids(path: str) -> list[str]:
        return [str(view["id"]) for view in (await admin.ask("GET", path)).json()["keys"]]

    own = await user.ask("GET", "/api/v1/auth/keys")
    assert [view.id for view in KeyList.model_validate_json(own.content).keys] == [key.id]
    assert str(key.id) not in await ids("/api/v1/auth/keys")
    assert str(key.id) in await ids("/api/v1/auth/keys?all=true")


async def test_somebody_elses_key_is_not_found(house: House) -> None:
    admin = await house.administrator()
    key = await create_key(admin)
    user = house.person(await house.user(admin, "asha"))
    foreign = await user.ask("DELETE", f"/api/v1/auth/keys/{key.id}")
    unknown = await user.ask("DELETE", "/api/v1/auth/keys/00000000-0000-4000-8000-000000000000")
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json()["detail"]["message"] == unknown.json()["detail"]["message"]
    assert (await house.check(key.key)).status_code == 200


async def test_owners_and_administrators_revoke_and_twice_is_no_error(house: House) -> None:
    admin = await house.administrator()
    user = house.person(await house.user(admin, "asha"))
    for revoker in (user, admin):
        key = await create_key(user)
        for _ in range(2):
            answer = await revoker.ask("DELETE", f"/api/v1/auth/keys/{key.id}")
            assert answer.status_code == 204
        refused = await house.check(key.key)
        assert refused.status_code == 401
        assert refused.json()["detail"]["message"] == "the API key has been revoked"


async def test_a_key_ends_at_its_time(house: House) -> None:
    admin = await house.administrator()
    end = house.clock.now() + timedelta(hours=1)
    key = await create_key(admin, expires_at=end.isoformat())
    answer = await house.check(key.key)
    assert datetime.fromisoformat(answer.json()["expires_at"]) == end
    house.clock.advance(3_600)
    refused = await house.check(key.key)
    assert refused.status_code == 401
    assert refused.json()["detail"]["message"] == "the API key has expired"


@pytest.mark.parametrize(
    "end",
    [
        "2026-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "2040-01-01T00:00:00Z",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+14:00",
        "2026-06-01T00:00:00",
        "soon",
    ],
)
async def test_a_key_cannot_end_in_the_past_or_never(house: House, end: str) -> None:
    admin = await house.administrator()
    answer = await admin.ask("POST", "/api/v1/auth/keys", {"name": "x", "expires_at": end})
    assert answer.status_code == 422
    assert answer.json()["detail"]["errors"][0]["path"] == "expires_at"


async def test_only_administrators_give_more_than_the_default(house: House) -> None:
    admin = await house.administrator()
    user = house.person(await house.user(admin, "asha"))
    body = {"name": "fast", "limits": {"per_minute": 61}}
    assert (await user.ask("POST", "/api/v1/auth/keys", body)).status_code == 403
    key = await create_key(admin, limits={"per_minute": 6_000})
    assert (await house.principal_of(key.key)).limits.per_minute == 6_000


async def test_wrong_keys_are_refused(house: House) -> None:
    first = await house.bootstrap()
    other = mint_key((await house.principal_of(first.api_key)).user_id)
    altered = first.api_key[:-7] + ("a" if first.api_key[-7] != "a" else "b") + first.api_key[-6:]
    for wrong in (other, altered, first.api_key[:-1], first.api_key + "0", "a4v_", "x", "\0"):
        answer = await house.check(wrong)
        assert answer.status_code == 401, wrong
        assert answer.json()["detail"]["code"] == "AUTHENTICATION_ERROR"
        assert wrong not in answer.text or len(wrong) == 1


async def test_the_last_use_is_noted_coarsely(house: House) -> None:
    admin = await house.administrator()
    key = await create_key(admin)

    async def last_used() -> datetime | None:
        listed = await admin.ask("GET", "/api/v1/auth/keys")
        views = KeyList.model_validate_json(listed.content).keys
        return next(view.last_used_at for view in views if view.id == key.id)

    assert await last_used() is None
    start = house.clock.now().astimezone(UTC)
    await house.check(key.key)
    house.clock.advance(599)
    await house.check(key.key)
    assert await last_used() == start
    house.clock.advance(2)
    await house.check(key.key)
    assert await last_used() == start + timedelta(seconds=601)
