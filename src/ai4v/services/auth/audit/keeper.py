"""Writes the signed heads while the service runs, and at its end."""

import asyncio
from typing import Final

from ai4v.contracts.error import ServiceUnavailableError
from ai4v.kit.background import repeat
from ai4v.kit.clock import Clock
from ai4v.kit.log import get_logger
from ai4v.services.auth.audit.chain import Link
from ai4v.services.auth.audit.head import HeadFile, Heads, HeadSigner
from ai4v.services.auth.audit.repository import AuditRepository

EVENTS: Final = 100
"""So many events are not left without a head."""
SECONDS: Final = 60.0
"""So long no event is left without a head; so the file grows by 0.4 MB a day at most when quiet."""
_LOOK_S: Final = 5.0
_log: Final = get_logger(__name__)


class HeadKeeper:
    """Signs the end of the log every so often.

    It signs nothing more once the log does not hold what it signed last.
    """

    def __init__(
        self, repository: AuditRepository, signer: HeadSigner, file: HeadFile, clock: Clock
    ) -> None:
        self._repository = repository
        self._signer = signer
        self._file = file
        self._clock = clock
        self._signed: Link | None = None
        self._signed_at_s = clock.monotonic_s()

    async def start(self) -> None:
        """Take up where the file ends.

        Raises:
            OSError: the file cannot be read.
        """
        lines = await asyncio.to_thread(self._file.read_lines)
        last = Heads(lines[-10:], self._signer.public_key).last
        self._signed = Link(last.sequence, last.hash) if last else None

    async def look(self) -> None:
        """Sign when there is enough to sign.

        Raises:
            DatabaseUnavailableError: PostgreSQL cannot be reached.
            OSError: the file cannot be written.
        """
        end = await self._repository.end()
        waiting = end.sequence - (self._signed.sequence if self._signed else 0)
        waited_s = self._clock.monotonic_s() - self._signed_at_s
        if waiting >= EVENTS or (waiting != 0 and waited_s >= SECONDS):
            await self._sign(end)

    async def finish(self) -> None:
        """Sign the end, if it is not; what keeps it from that is logged."""
        try:
            end = await self._repository.end()
            if end.sequence and end != self._signed:
                await self._sign(end)
        except (ServiceUnavailableError, OSError) as error:
            _log.warning("audit head not signed at the end", reason=str(error))

    async def keep(self) -> None:
        """Look for ever."""
        await repeat(self.look, name="audit heads", pause_s=_LOOK_S)

    async def _sign(self, end: Link) -> None:
        if self._signed is not None:
            found = await self._repository.find_hash(self._signed.sequence)
            if found != self._signed.hash:
                _log.error(
                    "the audit log is not the one that was signed: run `ai4v audit verify`",
                    sequence=self._signed.sequence,
                )
                return
        head = self._signer.sign(end, self._clock.now())
        await asyncio.to_thread(self._file.append, head)
        self._signed, self._signed_at_s = end, self._clock.monotonic_s()
