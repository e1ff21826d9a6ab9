"""The use case: a request is checked, recorded, carried out, recorded again, and answered."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from ai4v.contracts.capability import Capability, Task
from ai4v.contracts.error import DeadlineExceededError
from ai4v.contracts.identity import Principal
from ai4v.contracts.tts import TtsRequest
from ai4v.kit.accounting import Accounts
from ai4v.kit.caller import Caller
from ai4v.kit.cost import Cost
from ai4v.kit.deadline import Deadline
from ai4v.kit.paging import Cursor, Page
from ai4v.kit.scope import check_languages, check_model, check_task
from ai4v.ports.synthesizer import SynthesizerInfo
from ai4v.services.tts.manuscript import Editor, Manuscript
from ai4v.services.tts.plan import Plan, make_plan
from ai4v.services.tts.recital import Portion, Recital
from ai4v.services.tts.repository import (
    ItemResult,
    NewRequest,
    RequestRecord,
    RequestRepository,
)
from ai4v.services.tts.roster import Roster
from ai4v.services.tts.synthesis import Narrator, Speech, Studio
from ai4v.services.tts.voice import default_choices


@dataclass(frozen=True, slots=True)
class Performance:
    """What was done, and how it sounds."""

    plan: Plan
    speeches: tuple[Speech, ...]


Listener = Callable[[Plan, Portion], Awaitable[None]]
"""Takes the sound as it is made; the next is made meanwhile, the one after it only then."""


class SpeechService:
    """Text to speech for callers, with a record of each call and never of its content."""

    def __init__(
        self,
        editor: Editor,
        studio: Studio,
        roster: Roster,
        requests: RequestRepository,
        *,
        instance_id: str,
    ) -> None:
        self._editor = editor
        self._studio = studio
        self._roster = roster
        self._requests = requests
        self._instance_id = instance_id
        self._accounts = Accounts(requests)

    @property
    def infos(self) -> tuple[SynthesizerInfo, ...]:
        """The engines that are there."""
        return self._roster.present

    @property
    def capabilities(self) -> tuple[Capability, ...]:
        """For each language that is spoken, how well the engines that are there do it."""
        return tuple(choice.capability for choice in default_choices(self._roster.present))

    async def speak(self, request: TtsRequest, caller: Caller) -> Performance:
        """Speak every text of `request`, or fail as a whole.

        The request's row is committed before the engines are asked, its result before the answer
        is returned; whatever else happens, cancelling included, the row says so.

        Raises:
            ValidationError, LanguageNotSupportedError, PayloadTooLargeError: nothing was recorded.
            AuthorizationError: the key is not for this; nothing was recorded.
            PlatformError: recorded as failed, unless the database is what failed.
        """
        manuscripts, narrator = await self._prepare(request, caller)
        async with self._accounts.open(self._row(manuscripts, narrator, caller)) as complete:
            async with _bounded(caller.deadline):
                speeches = await self._studio.speak(manuscripts, narrator)
            caller.meter.add(Cost(characters=sum(speech.characters for speech in speeches)))
            await complete([_result(speech) for speech in speeches])
        return Performance(narrator.plan, speeches)

    async def recite(self, request: TtsRequest, caller: Caller, listener: Listener) -> None:
        """Speak the one text of `request` to `listener`, piece by piece.

        The request's row is committed before the engine is asked, its result before the last
        portion is handed over; whatever else happens, cancelling included, the row says so.

        Raises:
            ValidationError, LanguageNotSupportedError, PayloadTooLargeError: nothing was recorded.
            AuthorizationError: the key is not for this; nothing was recorded.
            PlatformError: recorded as failed, unless the database is what failed. The listener may
                have got some of the sound.
        """
        manuscripts, narrator = await self._prepare(request, caller, is_awaited=True)
        (manuscript,) = manuscripts
        async with (
            self._accounts.open(self._row(manuscripts, narrator, caller)) as complete,
            _bounded(caller.deadline),
            aclosing(Recital(manuscript, narrator).portions()) as portions,
        ):
            async for portion in portions:
                if not caller.meter.total.characters:
                    caller.meter.add(Cost(characters=manuscript.characters))
                if portion.is_last:
                    await complete([_last_result(manuscript, portion)])
                await listener(narrator.plan, portion)

    async def requests(
        self, principal: Principal, *, size: int, after: Cursor | None
    ) -> Page[RequestRecord]:
        """Return the caller's own requests, newest first, with whatever key they were made."""
        return await self._requests.page(principal.user_id, size=size, after=after)

    async def close(self) -> None:
        """Wait until every ending is recorded."""
        await self._accounts.close()

    async def _prepare(
        self, request: TtsRequest, caller: Caller, *, is_awaited: bool = False
    ) -> tuple[tuple[Manuscript, ...], Narrator]:
        plan = make_plan(request, self._roster.present, self._roster.infos)
        scope = caller.principal.scope
        check_task(scope, Task.SYNTHESIZE)
        check_languages(scope, [plan.choice.reading.language.code])
        check_model(scope, plan.info.model_id)
        texts = [item.source for item in request.input]
        manuscripts = await asyncio.to_thread(self._editor.edit, texts, plan, is_awaited=is_awaited)
        synthesizer = self._roster.require(plan.info.engine)
        return manuscripts, Narrator(synthesizer, plan, caller.deadline)

    def _row(
        self, manuscripts: Sequence[Manuscript], narrator: Narrator, caller: Caller
    ) -> NewRequest:
        plan = narrator.plan
        return NewRequest(
            id=uuid4(),
            request_id=caller.request_id,
            user_id=caller.principal.user_id,
            key_id=caller.principal.key_id,
            instance_id=self._instance_id,
            language=plan.choice.reading.language.code,
            voice_id=plan.voice_id,
            model_id=plan.info.model_id,
            item_count=len(manuscripts),
            timeout_s=caller.deadline.remaining_s(),
            idempotency_key=caller.idempotency_key,
        )


@asynccontextmanager
async def _bounded(deadline: Deadline) -> AsyncIterator[None]:
    """End the block at the deadline, with `DeadlineExceededError`."""
    try:
        async with asyncio.timeout(deadline.remaining_s()):
            yield
    except TimeoutError:
        raise DeadlineExceededError("the deadline passed before the sound was ready") from None
    deadline.remaining_s()


def _result(speech: Speech) -> ItemResult:
    return ItemResult(
        characters=speech.characters, audio_s=speech.audio_s, processing_s=speech.processing_s
    )


def _last_result(manuscript: Manuscript, last: Portion) -> ItemResult:
    return ItemResult(
        characters=manuscript.characters, audio_s=last.audio_s, processing_s=last.processing_s
    )
