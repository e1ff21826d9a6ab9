"""A request is on record before it is worked on, and its ending before it is answered."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, Generic
from uuid import UUID

from ai4v.contracts.error import PlatformError
from ai4v.kit.database.connection import DatabaseUnavailableError
from ai4v.kit.database.journal import Journal, RecordT, RequestT, ResultT
from ai4v.kit.database.journaltable import RequestStatus
from ai4v.kit.log import get_logger

_log: Final = get_logger(__name__)


class Accounts(Generic[RequestT, ResultT, RecordT]):
    """Keeps the journal of one service."""

    def __init__(self, journal: Journal[RequestT, ResultT, RecordT]) -> None:
        self._journal = journal
        self._endings: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(
        self, request: RequestT
    ) -> AsyncIterator[Callable[[Sequence[ResultT]], Awaitable[None]]]:
        """Record `request`, and how the block ends: completed by what it yields, or else.

        A request that fails is recorded as failed, one whose caller leaves as cancelled; where the
        database is what failed, the sweeper marks it.

        Raises:
            DatabaseUnavailableError: nothing may be recorded.
            SupersededError: a later call with the same idempotency key has taken over.
        """
        status, code = RequestStatus.FAILED, PlatformError.code
        has_ended = False

        async def complete(results: Sequence[ResultT]) -> None:
            nonlocal has_ended
            await self._journal.complete(request, results)
            has_ended = True

        try:
            await self._journal.start(request)
            yield complete
        except asyncio.CancelledError:
            status = RequestStatus.CANCELLED
            raise
        except DatabaseUnavailableError:
            has_ended = True  # it cannot be recorded: the sweeper will
            raise
        except PlatformError as error:
            code = error.code
            raise
        finally:
            if not has_ended:
                await self._record_ending(request.id, status, code)

    async def close(self) -> None:
        """Wait until every ending is recorded."""
        if self._endings:
            await asyncio.wait(self._endings)

    async def _record_ending(self, request_id: UUID, status: RequestStatus, code: str) -> None:
        error_code = code if status is RequestStatus.FAILED else None
        ending = asyncio.create_task(self._end(request_id, status, error_code))
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)
        await asyncio.shield(ending)

    async def _end(self, request_id: UUID, status: RequestStatus, error_code: str | None) -> None:
        try:
            await self._journal.fail(request_id, status, error_code=error_code)
        except DatabaseUnavailableError:
            _log.warning("an ending is not recorded; the sweeper will", status=status)
