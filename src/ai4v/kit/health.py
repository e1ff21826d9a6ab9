"""Health that is looked at, not assumed: each service asks the things it leans on."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from ai4v import __version__
from ai4v.contracts.error import PlatformError
from ai4v.contracts.health import Health, HealthReport
from ai4v.kit.drain import Drain

_CHECK_TIMEOUT_S: Final = 1.5
_FRESH_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Component:
    check: Callable[[], Awaitable[None]]
    is_critical: bool


class HealthMonitor:
    """Knows what a service leans on and asks it, at most once a second."""

    def __init__(self, service: str) -> None:
        self.drain = Drain()
        self._service = service
        self._components: dict[str, _Component] = {}
        self._report: HealthReport | None = None
        self._looked_at = 0.0
        self._lock = asyncio.Lock()

    def watch(
        self, name: str, check: Callable[[], Awaitable[None]], *, is_critical: bool = True
    ) -> None:
        """Add a component.

        Args:
            name: as users know it: postgres, valkey, engine.
            check: returns when the component answers, raises a `PlatformError` when it does not.
            is_critical: whether the service is of no use without it.
        """
        self._components[name] = _Component(check, is_critical)

    def begin_drain(self) -> None:
        """Say that the process was told to stop: not ready any more, still answering."""
        self.drain.begin()

    async def wait_for_drain(self) -> None:
        """Return once the process was told to stop."""
        await self.drain.wait()

    async def report(self) -> HealthReport:
        """Ask every component, in parallel, with a bound on the time."""
        async with self._lock:
            if self._report is None or time.monotonic() - self._looked_at > _FRESH_S:
                self._report = await self._look()
                self._looked_at = time.monotonic()
            return self._report

    async def is_ready(self) -> bool:
        """Whether requests should be sent here now."""
        if self.drain.is_draining:
            return False
        return (await self.report()).status is not Health.UNHEALTHY

    async def _look(self) -> HealthReport:
        names = list(self._components)
        states = await asyncio.gather(*(self._ask(self._components[name]) for name in names))
        components = dict(zip(names, states, strict=True))
        down = [
            self._components[name]
            for name, state in components.items()
            if state is Health.UNHEALTHY
        ]
        status = Health.HEALTHY
        if down:
            is_fatal = any(component.is_critical for component in down)
            status = Health.UNHEALTHY if is_fatal else Health.DEGRADED
        return HealthReport(
            status=status, service=self._service, version=__version__, components=components
        )

    async def _ask(self, component: _Component) -> Health:
        try:
            async with asyncio.timeout(_CHECK_TIMEOUT_S):
                await component.check()
        except (PlatformError, TimeoutError, OSError):
            return Health.UNHEALTHY
        return Health.HEALTHY
