"""The use case: a request is checked, recorded, carried out, recorded again, and answered."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID, uuid4

from ai4v.contracts.asr import AsrAnswer, AsrConfig
from ai4v.contracts.capability import Capability
from ai4v.contracts.error import DeadlineExceededError, PlatformError
from ai4v.contracts.identity import Principal
from ai4v.contracts.ulca import ControlConfig
from ai4v.kit.database import DatabaseUnavailableError
from ai4v.kit.deadline import Deadline
from ai4v.kit.log import get_logger
from ai4v.kit.paging import Cursor, Page
from ai4v.ports.recognizer import RecognizerInfo
from ai4v.services.asr.answer import make_answer
from ai4v.services.asr.loader import EngineLoader
from ai4v.services.asr.plan import Plan, make_plan
from ai4v.services.asr.repository import (
    ItemResult,
    NewRequest,
    RequestRecord,
    RequestRepository,
    RequestStatus,
)
from ai4v.services.asr.transcriber import AudioSource, Transcriber, Transcript

_log: Final = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """Sound, and what is wanted of it."""

    sources: tuple[AudioSource, ...]
    config: AsrConfig
    control: ControlConfig

    def with_service_id(self, service_id: str) -> "Order":
        """Return the same asked of another model."""
        return replace(self, config=self.config.model_copy(update={"service_id": service_id}))


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, under which request id, and how long they wait."""

    principal: Principal
    request_id: str
    deadline: Deadline


class SpeechService:
    """Speech to text for callers, with a record of each call and never of its content."""

    def __init__(
        self,
        transcriber: Transcriber,
        requests: RequestRepository,
        engine: EngineLoader,
        info: RecognizerInfo,
        *,
        instance_id: str,
    ) -> None:
        self._transcriber = transcriber
        self._requests = requests
        self._engine = engine
        self._info = info
        self._instance_id = instance_id
        self._endings: set[asyncio.Task[None]] = set()

    @property
    def info(self) -> RecognizerInfo:
        """The one model there is."""
        return self._info

    @property
    def capabilities(self) -> tuple[Capability, ...]:
        """What the engine declares."""
        return self._info.capabilities

    async def recognize(self, order: Order, caller: Caller) -> AsrAnswer:
        """Carry out `order`, all of it or nothing.

        The request's row is committed before the engines are asked, its result before the answer
        is returned; whatever else happens, cancelling included, the row says so.

        Raises:
            ValidationError, LanguageNotSupportedError: nothing was recorded.
            PlatformError: recorded as failed, unless the database is what failed.
        """
        plan = make_plan(order.config, order.control, self._info)
        self._engine.require()
        row = self._row(plan, order, caller)
        async with self._accounted(row.id):
            await self._requests.start(row)
            transcripts = await self._transcribe(order.sources, plan, caller.deadline)
            await self._requests.complete(row.id, [_result(item) for item in transcripts])
        return make_answer(plan, transcripts)

    async def requests(
        self, principal: Principal, *, size: int, after: Cursor | None
    ) -> Page[RequestRecord]:
        """Return the caller's own requests, newest first, with whatever key they were made."""
        return await self._requests.page(principal.user_id, size=size, after=after)

    async def close(self) -> None:
        """Wait until every ending is recorded."""
        if self._endings:
            await asyncio.wait(self._endings)

    def _row(self, plan: Plan, order: Order, caller: Caller) -> NewRequest:
        return NewRequest(
            id=uuid4(),
            request_id=caller.request_id,
            user_id=caller.principal.user_id,
            key_id=caller.principal.key_id,
            instance_id=self._instance_id,
            language=plan.applied.language.source_language,
            task=plan.applied.task,
            model_id=plan.model_id,
            item_count=len(order.sources),
            timeout_s=caller.deadline.remaining_s(),
        )

    async def _transcribe(
        self, sources: Sequence[AudioSource], plan: Plan, deadline: Deadline
    ) -> tuple[Transcript, ...]:
        try:
            async with asyncio.timeout(deadline.remaining_s()):
                transcripts = await self._transcriber.transcribe(sources, plan, deadline)
        except TimeoutError:
            raise DeadlineExceededError("the deadline passed before the text was ready") from None
        deadline.remaining_s()
        return transcripts

    @asynccontextmanager
    async def _accounted(self, request_id: UUID) -> AsyncIterator[None]:
        """Record how the block ended when it did not end well."""
        status, code = RequestStatus.FAILED, PlatformError.code
        is_recorded = False
        try:
            yield
            is_recorded = True
        except asyncio.CancelledError:
            status = RequestStatus.CANCELLED
            raise
        except DatabaseUnavailableError:
            is_recorded = True  # it cannot be: the sweeper will
            raise
        except PlatformError as error:
            code = error.code
            raise
        finally:
            if not is_recorded:
                await self._record_ending(request_id, status, code)

    async def _record_ending(self, request_id: UUID, status: RequestStatus, code: str) -> None:
        error_code = code if status is RequestStatus.FAILED else None
        ending = asyncio.create_task(self._end(request_id, status, error_code))
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)
        await asyncio.shield(ending)

    async def _end(self, request_id: UUID, status: RequestStatus, error_code: str | None) -> None:
        try:
            await self._requests.fail(request_id, status, error_code=error_code)
        except DatabaseUnavailableError:
            _log.warning("an ending is not recorded; the sweeper will", status=status)


def _result(transcript: Transcript) -> ItemResult:
    return ItemResult(
        language=transcript.language,
        audio_s=transcript.audio_s,
        processing_s=transcript.processing_s,
        is_silence=not transcript.text,
        is_script_right=transcript.is_script_right,
        confidence=transcript.confidence,
    )
