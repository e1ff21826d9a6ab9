"""What passwords cost in the service as its settings open it, and what that tells (security 8)."""

import time
from collections.abc import AsyncIterator
from statistics import median

import argon2
import asyncpg
import pytest

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.services.auth.app import create_app
from tests.service.auth.house import House, Keys, open_http
from tests.support.clock import ManualClock

_COST = "$argon2id$v=19$m=19456,t=2,p=1$"
_STORED = "SELECT password_hash FROM auth.users WHERE username = 'admin'"
_TRIES = 100
"""Of each name."""
_MOST_S = 0.005


@pytest.fixture
async def house(
    auth_database_url: str, database: asyncpg.Connection, keys: Keys
) -> AsyncIterator[House]:
    """A service as production has it: nothing is chosen but by its settings."""
    assert not database.is_closed()
    clock = ManualClock()
    async with open_http(create_app(keys.settings(auth_database_url))) as http:
        yield House(http, MemoryCache(clock), clock, keys)


async def test_a_hash_is_made_at_the_full_cost_and_a_cheaper_one_renewed_at_sign_in(
    house: House, database: asyncpg.Connection
) -> None:
    password = (await house.bootstrap()).password
    assert (await database.fetchval(_STORED)).startswith(_COST)
    cheap = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(password)
    query = "UPDATE auth.users SET password_hash = $1 WHERE username = 'admin'"
    await database.execute(query, cheap)
    assert (await house.sign_in("admin", "wrong")).status_code == 401
    assert await database.fetchval(_STORED) == cheap
    for _ in range(2):
        assert (await house.sign_in("admin", password)).status_code == 200
        assert (await database.fetchval(_STORED)).startswith(_COST)


async def _time_try(house: House, username: str, number: int) -> float:
    """Return the seconds of processor that a wrong password took, each from another address."""
    stranger = house.stranger(f"198.51.100.{number}")
    body = {"username": username, "password": "wrong horse battery"}
    began_s = time.process_time()
    answer = await stranger.ask("POST", "/api/v1/auth/login", body)
    took_s = time.process_time() - began_s
    assert answer.status_code == 401
    return took_s


async def test_the_time_of_an_answer_does_not_tell_whether_a_name_is_known(house: House) -> None:
    await house.bootstrap()
    taken_s: dict[str, list[float]] = {"admin": [], "nobody": []}
    for number in range(_TRIES):
        for username, times in taken_s.items():
            times.append(await _time_try(house, username, number))
    known_s, unknown_s = (median(times) for times in taken_s.values())
    assert abs(known_s - unknown_s) < _MOST_S
