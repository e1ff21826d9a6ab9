"""Goodput, latency and fairness under overload, in simulated time (R7, R8)."""

import asyncio
from dataclasses import dataclass
from typing import Literal

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

_LEARNING = 10
"""Answers' times in which a service is learned that is flooded from the first moment on; at least
half a second, as no window is shorter than a tenth."""

Kind = Literal["equal", "varied", "exponential"]
"""How long answers take: all equally long, evenly within 30 %, or as chance has it."""


@dataclass(frozen=True)
class Plan:
    """A service that does `width` things at once, in `mean_s` each; at most `queue` more wait."""

    width: int
    mean_s: float
    kind: Kind
    for_s: float
    queue: int = 10_000

    @property
    def capacity_hz(self) -> float:
        """How many it can do in a second."""
        return self.width / self.mean_s

    @property
    def learning_s(self) -> float:
        """How long it takes to be known."""
        return max(0.5, _LEARNING * self.mean_s)


class Engine:
    """The service of a plan."""

    def __init__(self, plan: Plan) -> None:
        self.places = asyncio.Semaphore(plan.width)
        self._drawn = chance(1)
        self._plan = plan
        self._inside = 0

    async def work(self) -> bool:
        """Return whether it was done; False: a 503."""
        if self._inside >= self._plan.width + self._plan.queue:
            return False
        self._inside += 1
        async with self.places:
            await asyncio.sleep(self._draw() * self._plan.mean_s)
        self._inside -= 1
        return True

    def _draw(self) -> float:
        match self._plan.kind:
            case "equal":
                return 1.0
            case "varied":
                return self._drawn.uniform(0.7, 1.3)
            case "exponential":
                return self._drawn.expovariate(1.0)


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

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.engine = Engine(plan)
        self.shedder = Shedder(ShedPolicy(), LoopClock())
        self.began_s = _now_s()
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

    def known(self, subject: str) -> list[Served]:
        """Return what became of those who came once the service was known."""
        known_s = self.began_s + self.plan.learning_s
        return [item for item in self.served if item.subject == subject and item.began_s > known_s]

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


async def _load(plan: Plan, factor: float, for_s: float) -> Scene:
    scene = Scene(plan)
    await scene.arrive("a", factor * plan.capacity_hz, for_s, seed=9)
    await scene.settle()
    return scene


def _p99_s(served: list[Served]) -> float:
    return percentile([item.took_s for item in served if item.is_good], 0.99)


@pytest.mark.parametrize(
    "plan",
    [
        Plan(16, 0.05, "equal", 15),
        Plan(16, 0.05, "varied", 6, queue=4),
        Plan(16, 0.05, "exponential", 15),
        Plan(32, 0.02, "equal", 6),
        Plan(8, 0.8, "varied", 200),
        Plan(8, 0.8, "exponential", 200),
        Plan(16, 0.25, "varied", 40),
        Plan(16, 2.0, "equal", 300),
    ],
    ids=str,
)
def test_goodput_and_latency_under_three_times_the_capacity(plan: Plan) -> None:
    async def story() -> tuple[Scene, Scene]:
        return await _load(plan, 0.3, plan.for_s / 3), await _load(plan, 3.0, plan.for_s)

    calm, flooded = simulate(story())
    goodput = sum(item.is_good for item in flooded.served) / plan.for_s / plan.capacity_hz
    longer = _p99_s(flooded.known("a")) / _p99_s(calm.served)
    shed = [item.took_s for item in flooded.served if item.is_shed]
    at_once = sum(took_s < 0.01 for took_s in shed) / len(shed)
    (state,) = flooded.shedder.states()
    tell(
        f"R7, {plan}: goodput {goodput:.1%}, p99 {longer:.2f} x unloaded, "
        f"{at_once:.1%} of {len(shed)} refusals at once, slowest {max(shed) * 1e3:.0f} ms, "
        f"limit {state.limit}"
    )
    assert goodput >= 0.9
    assert longer <= 2
    assert at_once > 0.85
    assert state.inside == state.waiting == 0
    assert not any(item.is_shed for item in calm.served)


def test_a_service_within_its_capacity_is_left_alone() -> None:
    scene = simulate(_load(Plan(16, 0.05, "varied", 10), 0.7, 10))
    shed = sum(item.is_shed for item in scene.served)
    tell(f"at 70 % of the capacity {shed} of {len(scene.served)} were refused")
    assert shed <= 0.001 * len(scene.served)


@pytest.mark.parametrize(
    ("plan", "most"),
    [
        (Plan(16, 0.05, "equal", 16), 1.5),
        (Plan(16, 0.05, "exponential", 16), 1.5),
        (Plan(16, 0.25, "varied", 40), 1.5),
        (Plan(16, 2.0, "varied", 300), 1.5),
        (Plan(8, 0.8, "equal", 200), 1.5),
    ],
    ids=str,
)
def test_one_who_floods_harms_nobody_else(plan: Plan, most: float) -> None:
    rate_hz = plan.capacity_hz * 0.15

    async def story() -> tuple[Scene, Scene]:
        alone = Scene(plan)
        await alone.arrive("b", rate_hz, plan.for_s, seed=4)
        await alone.settle()
        both = Scene(plan)
        async with asyncio.TaskGroup() as group:
            group.create_task(both.arrive("a", 20 * rate_hz, plan.for_s, seed=3))
            group.create_task(both.arrive("b", rate_hz, plan.for_s, seed=4))
        await both.settle()
        return alone, both

    alone, both = simulate(story())
    mine, flood = both.known("b"), both.known("a")
    success = sum(item.is_good for item in mine) / len(mine)
    longer = _p99_s(mine) / _p99_s(alone.served)
    tell(
        f"R8, {plan}: B {success:.2%} good, p99 {longer:.2f} x alone; "
        f"A {sum(item.is_good for item in flood) / len(flood):.1%} good"
    )
    assert success >= 0.99
    assert longer <= most


def test_the_limit_follows_a_service_that_becomes_slower() -> None:
    async def story() -> list[int]:
        scene = Scene(Plan(32, 0.02, "varied", 4))
        limits = []
        for width in (32, 8):
            scene.engine.places = asyncio.Semaphore(width)
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
        for _ in range(1_000):
            now_s += took_s / inside
            limit.leave(now_s, now_s - took_s, inside, is_success=True)
    return limit.value


def test_answers_that_take_no_time_by_the_clock_are_counted() -> None:
    limit = AdaptiveLimit(ShedPolicy(), 0.0)
    for now_s in range(100):
        limit.leave(now_s, now_s, 20, is_success=True)
    assert limit.value == ShedPolicy().first_limit


def test_answers_that_are_quick_anyway_are_no_sign_of_overload() -> None:
    usual, quick = ShedPolicy(), ShedPolicy(quick_s=0.04)
    assert _limit_after(0.03, usual) == usual.least_limit
    assert _limit_after(0.03, quick) > quick.first_limit
    assert _limit_after(0.08, quick) < quick.first_limit
