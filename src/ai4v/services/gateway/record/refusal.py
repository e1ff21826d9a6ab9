"""Has every refused access noted in the audit log, later and in batches."""

from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Final, Protocol

from ai4v.contracts.audit import REFUSALS_AT_ONCE, Refusal
from ai4v.contracts.error import PlatformError
from ai4v.kit.background import repeat
from ai4v.kit.log import get_logger

_MOST: Final = 1_000
_PERIOD_S: Final = 1.0
_log: Final = get_logger(__name__)


class Auditor(Protocol):
    """Keeps the audit log."""

    async def note(self, refusals: Sequence[Refusal]) -> None:
        """Note refusals.

        Raises:
            PlatformError: they were not noted.
        """
        ...


class Refusals:
    """Keeps at most 1,000 that wait; more are dropped and counted.

    One that could not be noted waits for the next time. One whose noting was not answered may be
    noted twice.
    """

    def __init__(self, auditor: Auditor) -> None:
        self._auditor = auditor
        self._waiting: deque[Refusal] = deque()
        self.dropped = 0

    def note(self, refusal: Refusal) -> None:
        """Have a refusal noted soon."""
        if len(self._waiting) >= _MOST:
            self.dropped += 1
        else:
            self._waiting.append(refusal)

    async def run(self) -> None:
        """Note for good."""
        await repeat(self.flush, name="refusals", pause_s=_PERIOD_S)

    async def flush(self) -> None:
        """Note what waits, as far as it can be now."""
        while self._waiting:
            batch = list(islice(self._waiting, REFUSALS_AT_ONCE))
            try:
                await self._auditor.note(batch)
            except PlatformError as error:
                _log.warning("refusals could not be noted", code=error.code)
                return
            for _ in batch:
                self._waiting.popleft()
