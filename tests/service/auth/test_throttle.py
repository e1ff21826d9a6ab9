"""A thousand tries get nowhere, an owner always gets in, and nobody tries while nobody counts."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import asyncpg
import pytest

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.kit.database.connection import Database
from ai4v.ports.ratelimit import Charge, Decision, RateLimiterUnavailableError
from ai4v.services.auth.account.password import PasswordHasher
from ai4v.services.auth.account.repository import AccountRepository
from ai4v.services.auth.account.service import AccountParts, AccountService
from ai4v.services.auth.account.throttle import Throttle
from ai4v.services.auth.repository import AuthRepository
from ai4v.services.auth.revocation import RevocationMarks
from tests.service.auth.house import PASSWORD, House, Keys, open_house
from tests.support.clock import ManualClock
from tests.support.password import CHEAP

_LOGIN = "/api/v1/auth/login"
_TRIES = 1_000


class _FallingLimiter:
    """Shared counters that can be taken away."""

    def __init__(self, clock: ManualClock) -> None:
        self._inner = MemoryRateLimiter(clock)
        self.is_down = False

    async def acquire(self, charges: Sequence[Charge]) -> Decision:
        """Take, or be down."""
        if self.is_down:
            raise RateLimiterUnavailableError("the counters are down")
        return await self._inner.acquire(charges)

    async def refund(self, charges: Sequence[Charge]) -> Decision:
        """Give back, or be down."""
        if self.is_down:
            raise RateLimiterUnavailableError("the counters are down")
        return await self._inner.refund(charges)

    async def debit(self, charges: Sequence[Charge]) -> None:
        """Take, or be down."""
        if self.is_down:
            raise RateLimiterUnavailableError("the counters are down")
        await self._inner.debit(charges)


class _CountingHasher(PasswordHasher):
    """Counts how often a password is looked at."""

    def __init__(self) -> None:
        super().__init__(CHEAP)
        self.count = 0

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Count, and look."""
        self.count += 1
        return await super().verify(password_hash, password)


async def try_often(house: House, address: str) -> Counter[int]:
    """Send wrong passwords, ten at a time; count the answers."""
    stranger = house.stranger(address)
    statuses: Counter[int] = Counter()
    for start in range(0, _TRIES, 10):
        answers = await asyncio.gather(
            *(
                stranger.ask("POST", _LOGIN, {"username": "admin", "password": f"wrong {n}"})
                for n in range(start, start + 10)
            )
        )
        statuses.update(answer.status_code for answer in answers)
    return statuses


async def test_a_thousand_tries_get_ten_answers_and_the_owner_gets_in(house: House) -> None:
    first = await house.bootstrap()
    right = {"username": "admin", "password": first.password}
    statuses = await try_often(house, "198.51.100.1")
    assert statuses == {401: 10, 429: _TRIES - 10}
    elsewhere = await house.stranger("203.0.113.9").ask("POST", _LOGIN, right)
    assert elsewhere.status_code == 200
    here = await house.stranger("198.51.100.1").ask("POST", _LOGIN, right)
    assert here.status_code == 429
    assert int(here.headers["retry-after"]) >= 1


async def test_a_thousand_tries_while_the_counters_are_down_try_nothing(
    auth_database_url: str, database: asyncpg.Connection, keys: Keys
) -> None:
    assert not database.is_closed()
    clock = ManualClock()
    limiter = _FallingLimiter(clock)
    async with open_house(auth_database_url, keys, clock, limiter=limiter) as house:
        first = await house.bootstrap()
        token = await house.token("admin", first.password)
        limiter.is_down = True
        assert await try_often(house, "198.51.100.1") == {503: _TRIES}
        right = {"username": "admin", "password": first.password}
        refused = await house.stranger("203.0.113.9").ask("POST", _LOGIN, right)
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) >= 1
        assert (await house.check(token)).status_code == 200
        assert (await house.check(first.api_key)).status_code == 200
        limiter.is_down = False
        assert (await house.sign_in("admin", first.password)).status_code == 200


async def test_unknown_names_cost_as_much_work_as_known_ones(
    auth_database_url: str, database: asyncpg.Connection, house: House
) -> None:
    first = await house.bootstrap()
    query = "UPDATE auth.users SET password_hash = NULL WHERE username = 'hashless'"
    clock = ManualClock()
    pool = Database(auth_database_url)
    hasher = _CountingHasher()
    repository = AccountRepository(pool)
    throttle = Throttle(MemoryRateLimiter(clock), MemoryCache(clock))
    marks = RevocationMarks(MemoryCache(clock), AuthRepository(pool), clock)
    accounts = AccountService(AccountParts(repository, hasher, throttle, marks, clock))
    await database.execute(
        "INSERT INTO auth.users SELECT gen_random_uuid(), 'hashless', password_hash, role,"
        " is_active, created_at FROM auth.users"
    )
    await database.execute(query)
    try:
        for name, password in (
            ("admin", first.password),
            ("admin", "wrong"),
            ("nobody", "wrong"),
            ("hashless", PASSWORD),
        ):
            before = hasher.count
            await accounts.check_password(name, password, "192.0.2.1")
            assert hasher.count == before + 1
    finally:
        hasher.close()
        await pool.close()


@pytest.mark.parametrize("username", ["nobody", "admin"])
async def test_the_refusal_is_one_and_the_same(house: House, username: str) -> None:
    await house.bootstrap()
    answer = await house.sign_in(username, "wrong")
    assert answer.status_code == 401
    assert answer.json()["detail"]["message"] == "the username or the password is wrong"
