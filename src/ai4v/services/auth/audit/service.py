"""The use cases of the audit log: read it, verify it, take in refused accesses."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Final

from ai4v.contracts.audit import Refusal, Verdict
from ai4v.contracts.error import ServiceUnavailableError
from ai4v.kit.background import repeat
from ai4v.kit.log import get_logger
from ai4v.services.auth.audit.chain import Row
from ai4v.services.auth.audit.refusal import Event, RefusalFold
from ai4v.services.auth.audit.repository import AuditRepository, Filter
from ai4v.services.auth.audit.verification import Task, VerificationUnavailableError, verify_apart

_EXPORT_BATCH: Final = 500
_FLUSH_S: Final = 5.0
_log: Final = get_logger(__name__)


class AuditLog:
    """The log, as a whole.

    Every method raises `DatabaseUnavailableError` when PostgreSQL cannot be reached.

    Args:
        repository: reads and adds.
        fold: of refusals.
        task: how the log is verified.
    """

    def __init__(self, repository: AuditRepository, fold: RefusalFold, task: Task) -> None:
        self._repository = repository
        self._fold = fold
        self._task = task
        self._verifying = asyncio.Lock()

    async def page(
        self, wanted: Filter, *, size: int, before: int | None
    ) -> tuple[list[Row], bool]:
        """Return events, newest first, and whether there are more."""
        rows = await self._repository.page(wanted, size=size + 1, before=before)
        return rows[:size], len(rows) > size

    def stream(self) -> AsyncIterator[list[Row]]:
        """Yield all events, oldest first, some at a time."""
        return self._repository.stream(batch=_EXPORT_BATCH)

    async def verify(self, heads: Sequence[str] | None) -> Verdict:
        """Follow the whole log and compare it with signed heads.

        Args:
            heads: lines of a file of heads; None: those of the service's own file.

        Raises:
            VerificationUnavailableError: it came to no verdict, or somebody else waits for one.
        """
        if self._verifying.locked():
            raise VerificationUnavailableError("the audit log is being verified; wait for that")
        async with self._verifying:
            lines = None if heads is None else tuple(heads)
            return await verify_apart(self._task.model_copy(update={"heads": lines}))

    async def refuse(self, refusals: Sequence[Refusal]) -> None:
        """Take in refused accesses; most of a flood is counted and told later."""
        await self._add(self._fold.take(refusals))

    async def finish(self) -> None:
        """Tell what was counted and not told yet; what keeps it from that is logged."""
        await self._tell(self._fold.flush())

    async def keep(self) -> None:
        """Tell for ever what was counted, when its minute is over."""
        await repeat(self._tell_over, name="folded refusals", pause_s=_FLUSH_S)

    async def _tell_over(self) -> None:
        await self._tell(self._fold.flush_when_over())

    async def _tell(self, events: Sequence[Event]) -> None:
        try:
            await self._add(events)
        except ServiceUnavailableError:
            _log.warning("folded refusals not in the audit log", events=len(events))

    async def _add(self, events: Sequence[Event]) -> None:
        if events:
            await self._repository.add(events)
