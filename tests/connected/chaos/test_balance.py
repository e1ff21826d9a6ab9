"""R4 ejection, R5 breaker, R6 power of two choices, R19 stale registry: three replicas."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from tests.support.chaos.figure import tell
from tests.support.chaos.history import History
from tests.support.chaos.load import Callers
from tests.support.chaos.scope import IS_FULL, choose
from tests.support.chaos.town import Town, choose_seed, open_town
from tests.support.poll import until

pytestmark = pytest.mark.connected

_REPLICAS = ("nmt", "nmt-2", "nmt-3")


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    choose_seed()
    async with open_town({"gateway": 1, "nmt": 3}) as opened:
        yield opened


@pytest.fixture
async def key(town: Town) -> str:
    return (await town.make_key(await town.sign_in()))[1]


def _callers(town: Town, key: str) -> Callers:
    return Callers([town.address("gateway")], key)


async def _shares(town: Town, history: History) -> list[float]:
    """Return what each replica got of these requests, by the ids it was asked."""
    counts = []
    for name in _REPLICAS:
        by_id = (await town.account(name))["by_id"]
        assert isinstance(by_id, dict)
        counts.append(sum(item.id in by_id for item in history.operations))
    total = sum(counts) or 1
    return [count / total for count in counts]


async def test_r4_paused_replica_is_left_out_and_taken_back(town: Town, key: str) -> None:
    calm = await _callers(town, key).steady(per_s=60, seconds=choose(2.0, 5.0))
    victim = town.process("nmt-2")
    callers = _callers(town, key)
    callers.timeout_s = 8.0
    loop = asyncio.get_running_loop()
    running = asyncio.create_task(callers.steady(per_s=60, seconds=choose(8.0, 15.0)))
    await asyncio.sleep(1.0)
    paused_at = loop.time()
    victim.suspend()
    history = await running
    victim.resume()
    resumed_at = time.monotonic()

    async def is_back() -> bool:
        asked = await _callers(town, key).steady(per_s=60, seconds=1.0)
        return (await _shares(town, asked))[1] > 0.02

    await until(is_back, timeout_s=60.0)
    back_s = time.monotonic() - resumed_at
    after = history.between(paused_at + 2.5, loop.time())
    lost = len(history.operations) - history.count_ok
    tell(
        "R4",
        calm_p99_ms=calm.percentile(0.99) * 1000,
        after_2s_p99_ms=after.percentile(0.99) * 1000,
        after_2s_errors=1 - after.success,
        errors=float(lost),
        back_s=back_s,
    )
    assert after.success >= 0.995
    assert back_s <= 35
    assert history.mixed_up == ()
    if IS_FULL:
        assert after.percentile(0.99) <= max(1.5 * calm.percentile(0.99), 0.05)


async def test_r19_killed_replica_costs_at_most_one_request(town: Town, key: str) -> None:
    callers = _callers(town, key)
    running = asyncio.create_task(callers.steady(per_s=60, seconds=choose(6.0, 12.0)))
    await asyncio.sleep(1.5)
    town.process("nmt-2").kill()
    history = await running
    lost = len(history.operations) - history.count_ok
    tell("R19 kill", errors=float(lost), p99_ms=history.percentile(0.99) * 1000)
    assert lost <= 1 + choose(1, 0)


async def test_r19_wiped_registry_is_filled_again(town: Town, key: str) -> None:
    callers = _callers(town, key)
    running = asyncio.create_task(callers.steady(per_s=30, seconds=choose(8.0, 12.0)))
    await asyncio.sleep(1.0)
    await town.valkey("FLUSHALL")
    wiped_at = time.monotonic()

    async def is_filled() -> bool:
        return bool(await town.valkey("KEYS", "*registry*"))

    await until(is_filled)
    filled_s = time.monotonic() - wiped_at
    history = await running
    tell("R19 wipe", filled_after_s=filled_s, success=history.success)
    assert history.success >= 0.999
    assert filled_s <= 5.0


async def test_r6_slow_replica_gets_little(town: Town, key: str) -> None:
    for name in _REPLICAS:
        await town.behave(name, delay_s=0.2 if name == "nmt-3" else 0.02)
    await _callers(town, key).steady(per_s=80, seconds=2.0)
    history = await _callers(town, key).steady(per_s=80, seconds=choose(5.0, 20.0))
    shares = await _shares(town, history)
    tell("R6", slow_share=shares[2], p99_ms=history.percentile(0.99) * 1000)
    assert shares[2] <= 0.15
    assert history.success == 1.0


async def test_r4_panic_spreads_over_all(town: Town, key: str) -> None:
    for name in ("nmt", "nmt-2"):
        town.process(name).suspend()
    callers = _callers(town, key)
    callers.timeout_s = 4.0
    history = await callers.steady(per_s=30, seconds=choose(4.0, 10.0))
    for name in ("nmt", "nmt-2"):
        town.process(name).resume()
    tell("R4 panic", success=history.success)
    assert history.success > 0.3


async def test_r5_breaker_opens_and_closes(town: Town, key: str) -> None:
    for name in _REPLICAS:
        await town.behave(name, failing=1.0, status=500)
    callers = _callers(town, key)
    await callers.steady(per_s=60, seconds=3.0)
    before = await _asked(town)
    while_open_s = choose(3.0, 15.0)
    await callers.steady(per_s=30, seconds=while_open_s)
    probes = await _asked(town) - before
    for name in _REPLICAS:
        await town.behave(name)
    healed_at = time.monotonic()

    async def is_closed() -> bool:
        return (await callers.send()).is_ok

    await until(is_closed)
    closed_s = time.monotonic() - healed_at
    tell("R5", probes_per_s=probes / while_open_s, closed_after_s=closed_s)
    assert probes <= while_open_s * 1.5 + 2
    assert closed_s <= 5


async def _asked(town: Town) -> int:
    return sum([int(str((await town.account(name))["requests"])) for name in _REPLICAS])
