"""R1 deadlines, R2 retry budget, R3 back-off: one gateway, two replicas."""

from collections import Counter
from collections.abc import AsyncIterator

import pytest

from tests.support.chaos.figure import tell
from tests.support.chaos.history import percentile
from tests.support.chaos.load import Callers
from tests.support.chaos.scope import IS_FULL, choose
from tests.support.chaos.town import Town, choose_seed, open_town
from tests.support.poll import until

pytestmark = pytest.mark.connected

_REPLICAS = ("nmt", "nmt-2")


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    choose_seed()
    async with open_town({"gateway": 1, "nmt": 2}) as opened:
        yield opened


@pytest.fixture
async def key(town: Town) -> str:
    return (await town.make_key(await town.sign_in()))[1]


def _callers(town: Town, key: str, **headers: str) -> Callers:
    return Callers([town.address("gateway")], key, headers=headers)


async def _total(town: Town, what: str) -> int:
    return sum([int(str((await town.account(name))[what])) for name in _REPLICAS])


async def test_r1_no_work_after_the_deadline(town: Town, key: str) -> None:
    for name in _REPLICAS:
        await town.behave(name, delay_s=2.0)
    asked_before = await _total(town, "requests")
    given_up_before = await _total(town, "cancelled")
    callers = _callers(town, key, **{"x-request-timeout-ms": "500"})
    count = choose(20, 100)
    history = await callers.steady(per_s=20, seconds=count / 20)
    deadlines: list[int] = []
    for name in _REPLICAS:
        found = (await town.account(name))["deadlines_ms"]
        assert isinstance(found, list)
        deadlines += found
    asked = await _total(town, "requests") - asked_before

    async def is_given_up() -> bool:
        return await _total(town, "cancelled") - given_up_before == asked

    await until(is_given_up)
    given_up = await _total(town, "cancelled") - given_up_before
    seconds = [item.seconds for item in history.operations]
    tell(
        "R1",
        p50_ms=percentile(seconds, 0.5) * 1000,
        p99_ms=percentile(seconds, 0.99) * 1000,
        told_ms=float(max(deadlines[-asked:])),
        orphans=float(asked - given_up),
    )
    assert history.statuses == Counter({504: count})
    assert max(deadlines[-asked:]) < 500
    assert min(seconds) >= 0.45
    if IS_FULL:
        assert percentile(seconds, 0.95) <= 0.55


async def test_r2_retries_stay_within_their_budget(town: Town, key: str) -> None:
    await town.behave("nmt", failing=1.0)
    seconds = choose(5.0, 30.0)
    keyed = _callers(town, key)
    keyed.has_idempotency_keys = True
    before = await _total(town, "requests")
    one_bad = await keyed.steady(per_s=50, seconds=seconds)
    attempts = await _total(town, "requests") - before
    await town.behave("nmt-2", failing=1.0)
    before = await _total(town, "requests")
    keyed.operations.clear()
    both_bad = await keyed.steady(per_s=50, seconds=seconds)
    hopeless = await _total(town, "requests") - before
    tell(
        "R2",
        one_bad_success=one_bad.success,
        one_bad_amplification=attempts / len(one_bad.operations),
        both_bad_amplification=hopeless / len(both_bad.operations),
    )
    assert attempts <= 1.2 * len(one_bad.operations) + 3
    assert hopeless <= 1.2 * len(both_bad.operations) + 3
    assert set(both_bad.statuses) <= {503}
    assert one_bad.success >= 0.95
    assert one_bad.mixed_up == ()


async def test_r2_post_without_a_key_is_not_sent_twice(town: Town, key: str) -> None:
    for name in _REPLICAS:
        await town.behave(name, failing=1.0, status=503)
    callers = _callers(town, key)
    history = await callers.steady(per_s=20, seconds=2.0)
    by_id: Counter[str] = Counter()
    for name in _REPLICAS:
        found = (await town.account(name))["by_id"]
        assert isinstance(found, dict)
        by_id.update({identity: len(times) for identity, times in found.items()})
    sent = [by_id[item.id] for item in history.operations]
    tell("R2 no key", asked=float(len(sent)), sent=float(sum(sent)), sent_most=float(max(sent)))
    assert max(sent) == 1


async def test_r3_retry_after_of_a_service_reaches_the_caller(town: Town, key: str) -> None:
    for name in _REPLICAS:
        await town.behave(name, failing=1.0, status=429, retry_after_s=2)
    before = await _total(town, "requests")
    history = await _callers(town, key).steady(per_s=20, seconds=1.0)
    attempts = await _total(town, "requests") - before
    tell("R3", callers=float(len(history.operations)), attempts=float(attempts))
    assert history.statuses == Counter({429: 20})
    assert {item.retry_after_s for item in history.operations} == {2}
    assert attempts == 20
