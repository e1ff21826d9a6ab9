"""Marks requests that nobody works on any more: an instance died, or could not say how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from ai4v.kit.background import repeat
from ai4v.kit.log import get_logger
from ai4v.ports.registry import Instance, Registry, RegistryUnavailableError

_log: Final = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SweepTimes:
    """How often to look, and how patient to be; seconds."""

    interval_s: float
    """More than a heartbeat, so that an instance the registry forgot is back by the next look."""
    lease_s: float
    grace_s: float


class Requests(Protocol):
    """Where requests are on record."""

    async def abandon(self, *, alive: Sequence[str] | None, lease_s: float, grace_s: float) -> int:
        """As `kit.database.journal.Journal` says."""
        ...


class Sweeper:
    """Looks again and again; every instance has one, and two at once do no harm."""

    def __init__(
        self,
        requests: Requests,
        registry: Registry,
        instance: Instance,
        times: SweepTimes,
    ) -> None:
        self._requests = requests
        self._registry = registry
        self._instance = instance
        self._times = times
        self._seen: frozenset[str] | None = None

    async def run(self) -> None:
        """Sweep until cancelled; a database that is down is tried again at the next turn."""
        await repeat(self.sweep, name="sweeper", pause_s=self._times.interval_s)

    async def sweep(self) -> int:
        """Mark what is abandoned; return how many requests were.

        Raises:
            DatabaseUnavailableError: the next sweep finds them.
        """
        count = await self._requests.abandon(
            alive=await self._alive(),
            lease_s=self._times.lease_s,
            grace_s=self._times.grace_s,
        )
        if count:
            _log.warning("abandoned requests marked", count=count)
        return count

    async def _alive(self) -> tuple[str, ...] | None:
        """Return the instances alive now or at the last look; None when that is not known.

        A registry that does not list this very instance has lost its data: it knows nothing.
        """
        try:
            found = await self._registry.instances(self._instance.service)
        except RegistryUnavailableError:
            found = ()
        ids = frozenset(instance.instance_id for instance in found)
        if self._instance.instance_id not in ids:
            self._seen = None
            return None
        seen, self._seen = self._seen, ids
        return None if seen is None else tuple(sorted(ids | seen))
