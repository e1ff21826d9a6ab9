"""Asks instances for their health: those that owe answers and are silent, and those left out.

Inference takes seconds, so that slowness alone proves nothing. An instance that does not even say
that it lives is ejected long before the deadlines of those who wait for it.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from ai4v.kit.background import Background, repeat
from ai4v.kit.balance.balancer import Balancer
from ai4v.kit.balance.probe import Prober
from ai4v.ports.registry import Instance


@dataclass(frozen=True, slots=True)
class PatrolTimes:
    """How closely to look; seconds."""

    interval_s: float = 0.25
    """Between looks at who is silent."""
    timeout_s: float = 0.6
    """For one answer."""
    tries: int = 2
    """Answers that must be missing before an instance is ejected."""


class Patrol:
    """Looks after the instances of a balancer while the context is open."""

    def __init__(
        self, balancer: Balancer, prober: Prober, times: PatrolTimes | None = None
    ) -> None:
        self._balancer = balancer
        self._prober = prober
        self._times = times or PatrolTimes()
        self._round = Background("patrol")
        self._errands: dict[Instance, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        """Start looking."""
        self._round.start(repeat(self._go_round, name="patrol", pause_s=self._times.interval_s))
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Stop looking."""
        await self._round.stop()
        errands = list(self._errands.values())
        for errand in errands:
            errand.cancel()
        if errands:
            await asyncio.wait(errands)

    async def _go_round(self) -> None:
        for instance in self._balancer.find_silent():
            self._send_to(instance, self._check_life)
        for instance in self._balancer.find_curable():
            self._send_to(instance, self._check_recovery)

    def _send_to(
        self, instance: Instance, errand: Callable[[Instance], Coroutine[object, object, None]]
    ) -> None:
        if instance in self._errands:
            return
        task = asyncio.create_task(errand(instance), name=f"health of {instance.service}")
        self._errands[instance] = task
        task.add_done_callback(lambda _: self._errands.pop(instance))

    async def _check_life(self, instance: Instance) -> None:
        for _ in range(self._times.tries):
            if await self._is_well(instance, "live"):
                return
        self._balancer.eject_hung(instance)

    async def _check_recovery(self, instance: Instance) -> None:
        if await self._is_well(instance, "ready"):
            self._balancer.readmit(instance)

    async def _is_well(self, instance: Instance, question: str) -> bool:
        path = f"/api/v1/{instance.service}/health/{question}"
        return await self._prober.is_well(instance, path, timeout_s=self._times.timeout_s)
