"""The use cases: texts are checked, recorded, translated, recorded again, and answered."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from ai4v.contracts.capability import Capability, Task
from ai4v.contracts.error import DeadlineExceededError, ValidationError
from ai4v.contracts.identity import Principal
from ai4v.contracts.nmt import DetectAnswer, DetectRequest, NmtAnswer, NmtRequest
from ai4v.contracts.ulca import TextItem
from ai4v.kit.accounting import Accounts
from ai4v.kit.aside import work_aside
from ai4v.kit.caller import Caller
from ai4v.kit.cost import Cost
from ai4v.kit.deadline import Deadline
from ai4v.kit.loader import EngineLoader
from ai4v.kit.paging import Cursor, Page
from ai4v.kit.scope import check_languages, check_model, check_task
from ai4v.ports.languageid import LanguageGuess, LanguageIdentifier
from ai4v.ports.translator import Translator, TranslatorInfo
from ai4v.services.nmt.answer import make_answer, make_detect_answer, tier_of
from ai4v.services.nmt.direction import DirectionTable
from ai4v.services.nmt.intake import TextLimits, take_texts
from ai4v.services.nmt.interpreter import Interpretation, Interpreter, Job
from ai4v.services.nmt.plan import Plan, choose_directions, make_plan
from ai4v.services.nmt.repository import (
    ItemResult,
    NewRequest,
    RequestRecord,
    RequestRepository,
)


@dataclass(frozen=True, slots=True)
class Engines:
    """What carries out the work, and what knows whether it is loaded."""

    translator: Translator
    identifier: LanguageIdentifier
    translator_loader: EngineLoader
    identifier_loader: EngineLoader


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one call may bring."""

    items: int
    text: TextLimits


class TranslationService:
    """Translates for callers, with a record of each call and never of its content."""

    def __init__(
        self, engines: Engines, requests: RequestRepository, limits: Limits, *, instance_id: str
    ) -> None:
        self._engines = engines
        self._interpreter = Interpreter(engines.translator)
        self._table = DirectionTable.of(engines.translator.info)
        self._requests = requests
        self._accounts = Accounts(requests)
        self._limits = limits
        self._instance_id = instance_id

    @property
    def info(self) -> TranslatorInfo:
        """The one model there is."""
        return self._engines.translator.info

    @property
    def table(self) -> DirectionTable:
        """The directions there are."""
        return self._table

    @property
    def capabilities(self) -> tuple[Capability, ...]:
        """What the engines declare, and the directions through English."""
        found = self._engines.identifier.info.capabilities
        return (*self._table.capabilities(self.info), *found)

    async def translate(self, asked: NmtRequest, caller: Caller) -> NmtAnswer:
        """Translate every text, or fail as a whole.

        The request's row is committed before the engine is asked, its result before the answer
        is returned; whatever else happens, cancelling included, the row says so. Texts that stay
        as they are need no engine.

        Raises:
            ValidationError, PayloadTooLargeError, LanguageNotSupportedError: nothing was recorded.
            AuthorizationError: the key is not for this; nothing was recorded.
            PlatformError: recorded as failed, unless the database is what failed.
        """
        plan = make_plan(asked.config, asked.control_config, self._table, self.info.model_id)
        scope = caller.principal.scope
        check_task(scope, Task.TRANSLATE)
        check_model(scope, self.info.model_id)
        check_languages(scope, [plan.target, *([plan.direction.source] if plan.direction else [])])
        texts = await self._take(asked.input)
        jobs = await self._jobs(texts, plan, caller.deadline)
        check_languages(scope, [job.direction.source for job in jobs])
        if any(job.direction.legs for job in jobs):
            self._engines.translator_loader.require()
        row = self._row(plan, len(jobs), caller)
        async with self._accounts.open(row) as complete:
            interpretations = await self._interpret(jobs, caller.deadline)
            caller.meter.add(Cost(characters=sum(len(job.text) for job in jobs)))
            await complete([_result(*pair) for pair in zip(jobs, interpretations, strict=True)])
        return make_answer(plan, jobs, interpretations)

    async def detect(self, asked: DetectRequest, caller: Caller) -> DetectAnswer:
        """Say which language each text may be in; this leaves no record.

        Raises:
            ValidationError, PayloadTooLargeError
            AuthorizationError: the key is not for this.
            ServiceUnavailableError: the identifier is not there.
        """
        scope = caller.principal.scope
        check_task(scope, Task.DETECT_LANGUAGE)
        check_model(scope, self._engines.identifier.info.model_id)
        texts = await self._take(asked.input)
        return make_detect_answer(texts, await self._identify(texts, caller.deadline))

    async def requests(
        self, principal: Principal, *, size: int, after: Cursor | None
    ) -> Page[RequestRecord]:
        """Return the caller's own requests, newest first, with whatever key they were made."""
        return await self._requests.page(principal.user_id, size=size, after=after)

    async def close(self) -> None:
        """Wait until every ending is recorded."""
        await self._accounts.close()

    async def _take(self, items: Sequence[TextItem]) -> tuple[str, ...]:
        if len(items) > self._limits.items:
            message = f"one call takes at most {self._limits.items} texts"
            raise ValidationError.at("input", message)
        texts = [item.source for item in items]
        return await work_aside(sum(map(len, texts)), lambda: take_texts(texts, self._limits.text))

    async def _jobs(self, texts: Sequence[str], plan: Plan, deadline: Deadline) -> tuple[Job, ...]:
        if plan.direction is not None:
            return tuple(Job(text, plan.direction) for text in texts)
        guesses = await self._identify(texts, deadline)
        directions = choose_directions(plan.target, guesses, self._table)
        return tuple(map(Job, texts, directions))

    async def _identify(
        self, texts: Sequence[str], deadline: Deadline
    ) -> tuple[tuple[LanguageGuess, ...], ...]:
        self._engines.identifier_loader.require()
        try:
            async with asyncio.timeout(deadline.remaining_s()):
                return await self._engines.identifier.identify(texts)
        except TimeoutError:
            raise DeadlineExceededError("the deadline passed before a language was found") from None

    async def _interpret(
        self, jobs: Sequence[Job], deadline: Deadline
    ) -> tuple[Interpretation, ...]:
        try:
            async with asyncio.timeout(deadline.remaining_s()):
                interpretations = await self._interpreter.interpret(jobs, deadline)
        except TimeoutError:
            raise DeadlineExceededError("the deadline passed before the text was ready") from None
        deadline.remaining_s()
        return interpretations

    def _row(self, plan: Plan, item_count: int, caller: Caller) -> NewRequest:
        return NewRequest(
            id=uuid4(),
            request_id=caller.request_id,
            user_id=caller.principal.user_id,
            key_id=caller.principal.key_id,
            instance_id=self._instance_id,
            source_language=plan.applied.language.source_language,
            target_language=plan.target,
            model_id=self.info.model_id,
            item_count=item_count,
            timeout_s=caller.deadline.remaining_s(),
            idempotency_key=caller.idempotency_key,
        )


def _result(job: Job, interpretation: Interpretation) -> ItemResult:
    rendering = interpretation.rendering
    return ItemResult(
        source_language=job.direction.source,
        characters_in=len(job.text),
        characters_out=len(rendering.text),
        processing_s=interpretation.processing_s,
        tier=tier_of(job, interpretation),
        is_script_right=rendering.is_script_right,
        is_whole=rendering.is_whole,
    )
