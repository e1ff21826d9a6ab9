"""Attempts at a fleet of pretended instances, in simulated time."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from typing_extensions import override

from ai4v.contracts.error import PlatformError
from ai4v.kit.balance import BalancePolicy, Balancer, BreakerState, Failure, SilentObserver
from ai4v.kit.balance.patrol import Patrol
from ai4v.kit.balance.probe import UpstreamProber
from ai4v.ports.registry import Instance
from ai4v.ports.upstream import UpstreamRequest
from ai4v.services.gateway.attempt.attempt import Attempts, Call
from ai4v.services.gateway.attempt.budget import RetryPolicy, SilentAttemptObserver
from tests.support.fleet import Servers
from tests.support.simulation import LoopClock, SimulatedDeadline, chance


@dataclass
class Tally(SilentObserver, SilentAttemptObserver):
    """Counts what the attempts and the balancer tell."""

    attempts: int = 0
    hedges: int = 0
    refusals: int = 0
    retries: list[Failure] = field(default_factory=list)
    ejections: list[tuple[float, Failure]] = field(default_factory=list)
    readmissions: list[float] = field(default_factory=list)
    breaker: list[tuple[float, BreakerState]] = field(default_factory=list)

    @override
    def note_attempt(self, service: str) -> None:
        self.attempts += 1

    @override
    def note_retry(self, service: str, cause: Failure) -> None:
        self.retries.append(cause)

    @override
    def note_budget_refusal(self, service: str) -> None:
        self.refusals += 1

    @override
    def note_hedge(self, service: str) -> None:
        self.hedges += 1

    @override
    def note_ejection(self, instance: Instance, cause: Failure, duration_s: float) -> None:
        self.ejections.append((_now_s(), cause))

    @override
    def note_readmission(self, instance: Instance) -> None:
        self.readmissions.append(_now_s())

    @override
    def note_breaker(self, service: str, state: BreakerState) -> None:
        self.breaker.append((_now_s(), state))


@dataclass(frozen=True)
class Outcome:
    """What one caller got."""

    began_s: float
    took_s: float
    status: int


class Rig:
    """A gateway's attempts at so many instances of asr."""

    def __init__(
        self,
        count: int,
        *,
        balance: BalancePolicy | None = None,
        retry: RetryPolicy | None = None,
        seed: int = 1,
    ) -> None:
        self.servers = Servers("asr", count)
        self.tally = Tally()
        self.balancer = Balancer(
            self.servers, LoopClock(), policy=balance, random=chance(seed), observer=self.tally
        )
        self.attempts = Attempts(
            self.balancer,
            self.servers,
            retry or RetryPolicy(),
            LoopClock(),
            chance(seed + 1),
            self.tally,
        )
        self.outcomes: list[Outcome] = []

    def patrol(self) -> Patrol:
        """Return the patrol, not yet on its way."""
        return Patrol(self.balancer, UpstreamProber(self.servers))

    def call(self, *, is_repeatable: bool = True, timeout_s: float = 120.0) -> Call:
        """Return a call that a test may `replace` parts of."""
        deadline = SimulatedDeadline(timeout_s)

        def build(instance: Instance) -> UpstreamRequest:
            header = (b"x-request-timeout-ms", deadline.header_value().encode())
            return UpstreamRequest("POST", instance.base_url, b"/api/v1/asr/inference", [header])

        return Call("asr", build, is_repeatable, deadline)

    async def ask(self, call: Call | None = None) -> Outcome:
        """Ask once, read the answer, and keep the outcome."""
        began_s = _now_s()
        try:
            answer = await self.attempts.send(call or self.call())
        except PlatformError as error:
            status = error.status
        else:
            status = answer.status
            await answer.read()
            answer.close()
        outcome = Outcome(began_s, _now_s() - began_s, status)
        self.outcomes.append(outcome)
        return outcome

    async def ask_steadily(self, rate_hz: float, for_s: float, *, may_hedge: bool = False) -> None:
        """Ask at even intervals, whether or not answers come, and return when all have come."""
        count = round(rate_hz * for_s)
        tasks = []
        for _ in range(count):
            call = replace(self.call(), may_hedge=may_hedge)
            tasks.append(asyncio.create_task(self.ask(call), name="caller"))
            await asyncio.sleep(1 / rate_hz)
        await asyncio.gather(*tasks)

    def between(self, first_s: float, last_s: float) -> Sequence[Outcome]:
        """Return the outcomes of those who began in that time."""
        return [item for item in self.outcomes if first_s <= item.began_s < last_s]


def spread(mean_s: float, seed: int, *, stall_share: float = 0.0) -> Callable[[], float]:
    """Return latencies 30 % around `mean_s`; some take 2 s longer."""
    drawn = chance(seed)

    def draw() -> float:
        return drawn.uniform(0.7, 1.3) * mean_s + (2.0 if drawn.random() < stall_share else 0.0)

    return draw


def _now_s() -> float:
    return asyncio.get_running_loop().time()
