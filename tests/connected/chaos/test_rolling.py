"""R12, and the house of two gateways and three replicas of each: kill, pause and restart any."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from tests.support.chaos.figure import tell
from tests.support.chaos.load import Callers
from tests.support.chaos.scope import choose
from tests.support.chaos.town import Town, choose_seed, open_town

pytestmark = [pytest.mark.connected, pytest.mark.asyncio(loop_scope="module")]

_GATEWAYS = ("gateway", "gateway-2")
_REPLICAS = ("asr", "asr-2", "asr-3")
_ANY = ("asr-2", "auth", "gateway-2", "valkey", "postgres")
"""One of each; all replicas of a service are alike."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town() -> AsyncIterator[Town]:
    choose_seed()
    async with open_town({"gateway": 2, "asr": 3}) as opened:
        for name in _REPLICAS:
            await opened.behave(name, delay_s=0.02)
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def key(town: Town) -> str:
    return (await town.make_key(await town.sign_in()))[1]


async def _under_load(
    town: Town,
    key: str,
    promise: str,
    harm: Callable[[], Awaitable[None]],
    *,
    has_idempotency_keys: bool = True,
) -> None:
    """Do harm while callers ask; 99.9 % succeed, nobody gets another's answer."""
    await asyncio.gather(*(town.await_health(name) for name in town.units))
    await town.await_listed("asr", len(_REPLICAS))
    gateways = [town.address(name) for name in _GATEWAYS]
    callers = Callers(gateways, key, path="/api/v1/asr/inference", timeout_s=3.0)
    callers.has_idempotency_keys = has_idempotency_keys
    ended = asyncio.Event()
    running = asyncio.create_task(callers.busy(callers=8, until=ended.is_set))
    await asyncio.sleep(1.0)
    await harm()
    await asyncio.sleep(1.0)
    ended.set()
    history = await running
    worst_burst = _longest_burst([item.began_s for item in history.operations if not item.is_ok])
    tell(
        promise,
        requests=float(len(history.operations)),
        success=history.success,
        burst_s=worst_burst,
        p99_ms=history.percentile(0.99) * 1000,
    )
    assert history.mixed_up == ()
    assert history.success >= 0.999, history.statuses
    assert worst_burst <= 1.0


def _longest_burst(moments: list[float]) -> float:
    longest, began, before = 0.0, 0.0, -1e9
    for moment in sorted(moments):
        if moment - before > 0.5:
            began = moment
        before = moment
        longest = max(longest, moment - began)
    return longest


async def test_r12_everything_is_restarted_in_turn(town: Town, key: str) -> None:
    async def harm() -> None:
        for name in (*_REPLICAS, "auth", *_GATEWAYS):
            await town.restart(name)
            await asyncio.sleep(choose(0.5, 2.0))

    await _under_load(town, key, "R12", harm)


@pytest.mark.parametrize("name", _ANY)
async def test_any_is_killed(town: Town, key: str, name: str) -> None:
    async def harm() -> None:
        town.process(name).kill()
        await asyncio.sleep(0.5)
        await town.await_health(name)

    # Without Valkey nothing can be promised of an Idempotency-Key: it is refused then. One that a
    # killed gateway held is refused until its lock runs out.
    is_keyed = name not in {"valkey", "gateway-2"}
    await _under_load(town, key, f"kill {name}", harm, has_idempotency_keys=is_keyed)


@pytest.mark.parametrize("name", _ANY)
async def test_any_is_paused(town: Town, key: str, name: str) -> None:
    async def harm() -> None:
        process = town.process(name)
        family = [process, *process.children(recursive=True)]
        for member in family:
            member.suspend()
        try:
            await asyncio.sleep(choose(3.0, 10.0))
        finally:
            for member in reversed(family):
                member.resume()

    # A paused gateway holds on to its Idempotency-Keys: they are refused elsewhere meanwhile.
    is_keyed = name not in {"valkey", "gateway-2"}
    await _under_load(town, key, f"pause {name}", harm, has_idempotency_keys=is_keyed)
