"""The use case: a request is checked, recorded, carried out, recorded again, and answered."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid4

from ai4v.contracts.asr import AsrAnswer, AsrConfig
from ai4v.contracts.capability import Capability, Task
from ai4v.contracts.error import DeadlineExceededError
from ai4v.contracts.identity import Principal, Scope
from ai4v.contracts.ulca import ControlConfig
from ai4v.kit.accounting import Accounts
from ai4v.kit.caller import Caller
from ai4v.kit.cost import Cost
from ai4v.kit.loader import EngineLoader
from ai4v.kit.paging import Cursor, Page
from ai4v.kit.scope import check_languages, check_model, check_task
from ai4v.ports.recognizer import RecognizerInfo
from ai4v.services.asr.answer import make_answer
from ai4v.services.asr.plan import Plan, make_plan
from ai4v.services.asr.repository import (
    ItemResult,
    NewRequest,
    RequestRecord,
    RequestRepository,
)
from ai4v.services.asr.transcriber import AudioSource, Transcriber, Transcript

_ENGLISH: Final = "en"


@dataclass(frozen=True, slots=True)
class Order:
    """Sound, and what is wanted of it."""

    sources: tuple[AudioSource, ...]
    config: AsrConfig
    control: ControlConfig

    def with_service_id(self, service_id: str) -> "Order":
        """Return the same asked of another model."""
        return replace(self, config=self.config.model_copy(update={"service_id": service_id}))


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
        self._accounts = Accounts(requests)

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
            AuthorizationError: the key is not for this; recorded, as failed, only when it is for
                other languages than the one that was found.
            PlatformError: recorded as failed, unless the database is what failed.
        """
        plan = make_plan(order.config, order.control, self._info)
        _check_scope(caller.principal.scope, plan)
        self._engine.require()
        row = self._row(plan, order, caller)
        async with self._accounts.open(row) as complete:
            transcripts = await self._transcribe(order.sources, plan, caller)
            caller.meter.add(Cost(audio_s=sum(item.audio_s for item in transcripts)))
            await complete([_result(item) for item in transcripts])
        return make_answer(plan, transcripts)

    async def requests(
        self, principal: Principal, *, size: int, after: Cursor | None
    ) -> Page[RequestRecord]:
        """Return the caller's own requests, newest first, with whatever key they were made."""
        return await self._requests.page(principal.user_id, size=size, after=after)

    async def close(self) -> None:
        """Wait until every ending is recorded."""
        await self._accounts.close()

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
            idempotency_key=caller.idempotency_key,
        )

    async def _transcribe(
        self, sources: Sequence[AudioSource], plan: Plan, caller: Caller
    ) -> tuple[Transcript, ...]:
        deadline = caller.deadline

        def admit(language: str) -> None:
            check_languages(caller.principal.scope, [language])

        try:
            async with asyncio.timeout(deadline.remaining_s()):
                transcripts = await self._transcriber.transcribe(sources, plan, deadline, admit)
        except TimeoutError:
            raise DeadlineExceededError("the deadline passed before the text was ready") from None
        deadline.remaining_s()
        return transcripts


def _check_scope(scope: Scope, plan: Plan) -> None:
    check_task(scope, plan.task)
    check_model(scope, plan.model_id)
    check_languages(scope, [plan.language.code] if plan.language else [])
    if plan.task is Task.TRANSLATE_SPEECH:
        check_languages(scope, [_ENGLISH])


def _result(transcript: Transcript) -> ItemResult:
    return ItemResult(
        language=transcript.language,
        audio_s=transcript.audio_s,
        processing_s=transcript.processing_s,
        is_silence=not transcript.text,
        is_script_right=transcript.is_script_right,
        confidence=transcript.confidence,
    )
