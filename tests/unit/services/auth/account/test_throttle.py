"""How many tries get through, for whom, and from where."""

from collections.abc import Sequence

import pytest

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.ratelimit import MemoryRateLimiter
from ai4v.contracts.error import RateLimitExceededError
from ai4v.ports.ratelimit import Charge, Decision, RateLimiterUnavailableError
from ai4v.services.auth.account.throttle import KNOWN_S, Throttle
from tests.support.clock import ManualClock

HOME = "192.0.2.7"
THIEF = "198.51.100.1"


class _DownLimiter:
    async def acquire(self, _charges: Sequence[Charge]) -> Decision:
        raise RateLimiterUnavailableError("down")

    async def refund(self, _charges: Sequence[Charge]) -> Decision:
        raise RateLimiterUnavailableError("down")

    async def debit(self, _charges: Sequence[Charge]) -> None:
        raise RateLimiterUnavailableError("down")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def throttle(clock: ManualClock) -> Throttle:
    return Throttle(MemoryRateLimiter(clock), MemoryCache(clock))


async def guess(throttle: Throttle, name: str, address: str | None, tries: int) -> int:
    """Try wrong passwords; return how many were looked at."""
    passed = 0
    for _ in range(tries):
        try:
            await throttle.fail(await throttle.begin(name, address))
        except RateLimitExceededError:
            continue
        passed += 1
    return passed


async def test_a_thousand_tries_from_one_address_get_nowhere(throttle: Throttle) -> None:
    assert await guess(throttle, "asha", THIEF, 1_000) == 10
    with pytest.raises(RateLimitExceededError) as caught:
        await throttle.begin("asha", THIEF)
    assert caught.value.retry_after_s == 6


async def test_each_step_takes_longer(throttle: Throttle, clock: ManualClock) -> None:
    passed = []
    for _hour in range(24):
        in_hour = 0
        for _minute in range(60):
            in_hour += await guess(throttle, "asha", THIEF, 3)
            clock.advance(60)
        passed.append(in_hour)
    assert 30 <= passed[0] <= 60
    assert passed[1] <= 31
    assert passed[-1] <= 5
    assert sum(passed) <= 210


async def test_a_patient_thief_with_many_addresses_is_held_by_the_name(
    throttle: Throttle, clock: ManualClock
) -> None:
    passed = 0
    for number in range(500):
        passed += await guess(throttle, "asha", f"198.51.{number // 250}.{number % 250}", 10)
        clock.advance(1)
    assert passed <= 350


async def test_the_owner_gets_in_from_where_they_were_before(
    throttle: Throttle, clock: ManualClock
) -> None:
    await throttle.succeed(await throttle.begin("asha", HOME))
    for number in range(200):
        await guess(throttle, "asha", f"198.51.100.{number}", 10)
    with pytest.raises(RateLimitExceededError):
        await throttle.begin("asha", "203.0.113.9")
    await throttle.begin("asha", HOME)
    clock.advance(KNOWN_S + 1)
    await throttle.begin("asha", HOME)


async def test_a_thief_at_one_address_does_not_lock_anybody_out(throttle: Throttle) -> None:
    await guess(throttle, "asha", THIEF, 1_000)
    await throttle.begin("asha", "203.0.113.9")


async def test_names_tried_in_turn_from_one_address_are_held_by_it(throttle: Throttle) -> None:
    passed = 0
    for number in range(1_000):
        passed += await guess(throttle, f"user{number}", THIEF, 1)
    assert passed == 120


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        (None, None, True),
    ],
)
async def test_a_subscriber_has_one_address(
    throttle: Throttle, one: str | None, other: str | None, *, is_one: bool
) -> None:
    await guess(throttle, "asha", one, 10)
    assert await guess(throttle, "asha", other, 1) == (0 if is_one else 1)


async def test_right_passwords_are_not_counted_for_long(
    throttle: Throttle, clock: ManualClock
) -> None:
    for _ in range(500):
        await throttle.succeed(await throttle.begin("asha", HOME))
        clock.advance(7)


async def test_nothing_is_tried_while_the_counters_are_down(clock: ManualClock) -> None:
    throttle = Throttle(_DownLimiter(), MemoryCache(clock))
    for _ in range(3):
        with pytest.raises(RateLimiterUnavailableError):
            await throttle.begin("asha", HOME)
        with pytest.raises(RateLimiterUnavailableError):
            await throttle.ask(HOME, "asha")


async def test_letters_to_one_address_are_few_whoever_asks(throttle: Throttle) -> None:
    passed = 0
    for number in range(20):
        try:
            await throttle.ask(f"198.51.100.{number}", "asha@example.org")
        except RateLimitExceededError:
            continue
        passed += 1
    assert passed == 5
    await throttle.ask(HOME, "ravi@example.org")
