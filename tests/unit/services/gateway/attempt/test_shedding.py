"""Goodput, latency and fairness under overload, in simulated time (R7, R8)."""

import asyncio
from dataclasses import dataclass

import pytest

from ai4v.services.gateway.attempt.concurrency import AdaptiveLimit
from ai4v.services.gateway.attempt.shedding import OverloadError, Shedder, ShedPolicy
from tests.support.simulation import (
    LoopClock,
    SimulatedDeadline,
    chance,
    percentile,
    simulate,
    tell,
)

pytestmark = pytest.mark.no_cover  # so much traffic takes ten times as long when it is traced

_START_S = 1_000.0
_LEARNING = 10
"""Answers' times in which a service is learned that is flooded from the first moment on."""


class Engine:
    """A service that does `width` things at once; at most `queue` more wait in it."""

    def __init__(self, width: int, mean_s: float, *, queue: int = 10_000, seed: int = 1) -> None:
        self._places = asyncio.Semaphore(width)
        self._drawn = chance(seed)
        self._mean_s = mean_s
        self._most = width + queue
        self._inside = 0
        self.capacity_hz = width / mean_s

    async def work(self) -> bool:
        """Return whether it was done; False: a 503."""
        if self._inside >= self._most:
            return False
        self._inside += 1
        async with self._places:
            await asyncio.sleep(self._drawn.uniform(0.7, 1.3) * self._mean_s)
        self._inside -= 1
        return True


@dataclass(frozen=True)
class Served:
    """What became of one request."""

    subject: str
    began_s: float
    took_s: float
    is_good: bool
    is_shed: bool


class Scene:
    """A shedder before an engine, and those who come."""

    def __init__(self, engine: Engine, policy: ShedPolicy | None = None) -> None:
        self.engine = engine
        self.shedder = Shedder(policy or ShedPolicy(), LoopClock())
        self.served: list[Served] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def arrive(self, subject: str, rate_hz: float, for_s: float, seed: int) -> None:
        """Come at random, `rate_hz` on average, whether or not answers come (open loop)."""
        drawn = chance(seed)
        end_s = _now_s() + for_s
        while _now_s() < end_s:
            await asyncio.sleep(drawn.expovariate(rate_hz))
            self._tasks.append(asyncio.create_task(self._ask(subject), name=subject))

    async def settle(self) -> None:
        """Wait for all who came."""
        await asyncio.gather(*self._tasks)

    async def _ask(self, subject: str) -> None:
        began_s = _now_s()
        is_good = is_shed = False
        try:
            permit = await self.shedder.enter("asr", subject, SimulatedDeadline(10.0))
        except OverloadError:
            is_shed = True
        else:
            is_good = await self.engine.work()
            permit.release(is_success=is_good)
        self.served.append(Served(subject, began_s, _now_s() - began_s, is_good, is_shed))


def _now_s() -> float:
    return asyncio.get_running_loop().time()


async def _load(scene: Scene, factor: float, for_s: float) -> None:
    await scene.arrive("a", factor * scene.engine.capacity_hz, for_s, seed=9)
    await scene.settle()


@pytest.mark.parametrize(
    ("width", "mean_s", "queue", "for_s"),
    [
        (16, 0.05, 10_000, 30),
        (16, 0.05, 4, 6),
        (32, 0.02, 10_000, 3),
        (8, 0.8, 24, 200),
        (16, 0.25, 10_000, 40),
    ],
)
def test_goodput_and_latency_under_three_times_the_capacity(
    width: int, mean_s: float, queue: int, for_s: float
) -> None:
    async def story() -> tuple[Scene, Scene]:
        calm = Scene(Engine(width, mean_s, queue=queue))
        await _load(calm, 0.3, for_s / 5)
        flooded = Scene(Engine(width, mean_s, queue=queue))
        await _load(flooded, 3.0, for_s)
        return calm, flooded

    calm, flooded = simulate(story())
    goodput = sum(item.is_good for item in flooded.served) / for_s
    alone = percentile([item.took_s for item in calm.served if item.is_good], 0.99)
    admitted = percentile(
        [
            item.took_s
            for item in flooded.served
            if item.is_good and item.began_s > _START_S + _LEARNING * mean_s
        ],
        0.99,
    )
    shed = [item.took_s for item in flooded.served if item.is_shed]
    at_once = sum(took_s < 0.01 for took_s in shed) / len(shed)
    (state,) = flooded.shedder.states()
    tell(
        f"R7, {width} at once of {mean_s * 1e3:.0f} ms, queue {queue}: goodput "
        f"{goodput / flooded.engine.capacity_hz:.1%}, p99 {admitted / alone:.2f} x unloaded, "
        f"{at_once:.1%} of {len(shed)} refusals at once, slowest {max(shed) * 1e3:.0f} ms, "
        f"limit {state.limit}"
    )
    assert goodput >= 0.9 * flooded.engine.capacity_hz
    assert admitted <= 2 * alone
    assert at_once > 0.9
    assert state.inside == state.waiting == 0
    assert not any(item.is_shed for item in calm.served)


def test_a_service_within_its_capacity_is_left_alone() -> None:
    async def story() -> Scene:
        scene = Scene(Engine(16, 0.05))
        await _load(scene, 0.7, 10)
        return scene

    scene = simulate(story())
    shed = sum(item.is_shed for item in scene.served)
    tell(f"at 70 % of the capacity {shed} of {len(scene.served)} were refused")
    assert shed <= 0.001 * len(scene.served)


@pytest.mark.parametrize(
    ("width", "mean_s", "for_s", "most"),
    [(16, 0.05, 20, 1.5), (16, 0.25, 40, 1.5), (8, 0.8, 200, 2.0)],
)
def test_one_who_floods_harms_nobody_else(
    width: int, mean_s: float, for_s: float, most: float
) -> None:
    async def story() -> tuple[Scene, Scene]:
        alone = Scene(Engine(width, mean_s))
        rate_hz = alone.engine.capacity_hz * 0.15
        await alone.arrive("b", rate_hz, for_s, seed=4)
        await alone.settle()
        both = Scene(Engine(width, mean_s))
        async with asyncio.TaskGroup() as group:
            group.create_task(both.arrive("a", 20 * rate_hz, for_s, seed=3))
            group.create_task(both.arrive("b", rate_hz, for_s, seed=4))
        await both.settle()
        return alone, both

    alone, both = simulate(story())
    learned_s = _START_S + _LEARNING * mean_s
    mine = [item for item in both.served if item.subject == "b" and item.began_s > learned_s]
    success = sum(item.is_good for item in mine) / len(mine)
    quiet = percentile([item.took_s for item in alone.served], 0.99)
    crowded = percentile([item.took_s for item in mine if item.is_good], 0.99)
    flood = [item for item in both.served if item.subject == "a"]
    tell(
        f"R8, {mean_s * 1e3:.0f} ms: B {success:.2%} good, p99 {crowded / quiet:.2f} x alone; "
        f"A {sum(item.is_good for item in flood) / len(flood):.1%} good"
    )
    assert success >= 0.99
    assert crowded <= most * quiet


def test_the_limit_follows_a_service_that_becomes_slower() -> None:
    async def story() -> list[int]:
        scene = Scene(Engine(32, 0.02))
        limits = []
        for width in (32, 8):
            scene.engine._places = asyncio.Semaphore(width)
            await scene.arrive("a", 2_500, 2, seed=2)
            limits.append(scene.shedder.states()[0].limit)
        await scene.settle()
        return limits

    wide, narrow = simulate(story())
    tell(f"limit {wide} before 32 places, {narrow} before 8")
    assert 32 <= wide <= 64
    assert 8 <= narrow <= 20


def _limit_after(answers_s: float, policy: ShedPolicy) -> float:
    """Return the limit once a service that takes 2 ms alone takes `answers_s` in a crowd."""
    limit = AdaptiveLimit(policy, 0.0)
    now_s = 0.0
    for took_s, inside in ((0.002, 1), (answers_s, 20)):
        for _ in range(200):
            now_s += 0.01
            limit.observe(now_s, now_s - took_s, inside)
    return limit.value


def test_answers_that_are_quick_anyway_are_no_sign_of_overload() -> None:
    usual, quick = ShedPolicy(), ShedPolicy(quick_s=0.04)
    assert _limit_after(0.03, usual) == usual.least_limit
    assert _limit_after(0.03, quick) > quick.first_limit
    assert _limit_after(0.08, quick) < quick.first_limit
