"""R4 ejection, R5 breaker, R19 stale registry: three replicas."""

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
_BREAKER = "ai4v_gateway_breaker"
_CLOSED = '{service="nmt",state="closed"}'


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
    callers.has_idempotency_keys = True
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
    tell(
        "R4",
        calm_p99_ms=calm.percentile(0.99) * 1000,
        after_2s_p99_ms=after.percentile(0.99) * 1000,
        after_2s_errors=1 - after.success,
        errors=1 - history.success,
        back_s=back_s,
    )
    assert history.success >= 0.995
    assert after.success >= 0.995
    assert back_s <= 35
    assert history.mixed_up == ()
    if IS_FULL:
        assert after.percentile(0.99) <= max(1.5 * calm.percentile(0.99), 0.05)


async def test_r19_killed_replica_costs_at_most_one_request(town: Town, key: str) -> None:
    callers = _callers(town, key)
    callers.has_idempotency_keys = True  # of one without that was under way nobody knows
    running = asyncio.create_task(callers.steady(per_s=60, seconds=choose(6.0, 12.0)))
    await asyncio.sleep(1.5)
    town.process("nmt-2").kill()
    history = await running
    lost = len(history.operations) - history.count_ok
    tell("R19 kill", errors=float(lost), p99_ms=history.percentile(0.99) * 1000)
    assert lost <= 1


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
    history = await callers.steady(per_s=60, seconds=3.0)
    failed_at = min(item.ended_s for item in history.operations if item.status == 500)
    opens_s = min(item.ended_s for item in history.operations if item.status == 503) - failed_at
    before = await _asked(town)
    while_open_s = choose(3.0, 17.0)
    refused = await _callers(town, key).steady(per_s=30, seconds=while_open_s)
    probes = await _asked(town) - before
    for name in _REPLICAS:
        await town.behave(name)
    healed_at = asyncio.get_running_loop().time()
    closes_s = await _wait_until_closed(town, key)
    open_s = await town.metric("gateway", f"{_BREAKER}_open_seconds_total{{")
    fault_s = healed_at - failed_at
    tell(
        "R5",
        opens_after_s=opens_s,
        probes_per_s=probes / while_open_s,
        closes_after_s=closes_s,
        open_s=open_s,
        fault_s=fault_s,
    )
    assert set(refused.statuses) <= {500, 503}
    assert probes <= while_open_s + 2
    assert open_s == pytest.approx(fault_s, abs=opens_s + closes_s + 0.1)
    if IS_FULL:
        assert opens_s <= 1.0
        assert closes_s <= 2.0
        assert open_s == pytest.approx(fault_s, rel=0.1)


async def _wait_until_closed(town: Town, key: str) -> float:
    """Ask until the circuit is closed; return how many seconds that took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    ended = asyncio.Event()
    asking = asyncio.create_task(_callers(town, key).busy(callers=2, until=ended.is_set))

    async def is_closed() -> bool:
        return await town.metric("gateway", f"{_BREAKER}_state{_CLOSED}") == 1.0

    await until(is_closed)
    closes_s = loop.time() - began
    ended.set()
    await asking
    return closes_s


async def _asked(town: Town) -> int:
    return sum([int(str((await town.account(name))["requests"])) for name in _REPLICAS])
