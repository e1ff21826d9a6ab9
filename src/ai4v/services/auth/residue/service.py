"""Sweeps beside the service; every instance does, and two at once do no harm."""

from typing import Final

from ai4v.kit.background import repeat
from ai4v.kit.clock import Clock
from ai4v.services.auth.residue.repository import ResidueRepository

INTERVAL_S: Final = 300.0
_AT_ONCE: Final = 1_000
"""Rows of one table in one transaction: locks are held for milliseconds."""


class ResidueSweeper:
    """Deletes what has outlived its use."""

    def __init__(self, repository: ResidueRepository, clock: Clock) -> None:
        self._repository = repository
        self._clock = clock

    async def sweep(self) -> int:
        """Delete a bounded number of rows; return how many.

        Raises:
            DatabaseUnavailableError: the next sweep goes on.
        """
        return await self._repository.delete(now=self._clock.now(), limit=_AT_ONCE)

    async def run(self) -> None:
        """Sweep until cancelled."""
        await repeat(self.sweep, name="residue", pause_s=INTERVAL_S)
