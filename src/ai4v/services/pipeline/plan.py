"""Which orders of tasks make sense, told before any task is begun."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from ai4v.contracts.asr import AsrConfig, AsrTask, TranscriptFormat
from ai4v.contracts.capability import Task
from ai4v.contracts.error import AuthorizationError, FieldError, ValidationError
from ai4v.contracts.identity import Principal
from ai4v.contracts.language import find_language
from ai4v.contracts.nmt import NmtConfig
from ai4v.contracts.permission import Permission
from ai4v.contracts.pipeline import AsrStep, PipelineRequest, PipelineStep, TtsStep
from ai4v.contracts.ulca import AUTO_LANGUAGE
from ai4v.kit.scope import check_languages, check_task

_SPOKEN_ENGLISH: Final = "en"
_PERMISSIONS: Final = {
    Task.TRANSCRIBE: Permission.ASR_USE,
    Task.TRANSLATE_SPEECH: Permission.ASR_USE,
    Task.TRANSLATE: Permission.NMT_USE,
    Task.SYNTHESIZE: Permission.TTS_USE,
}


def check_plan(request: PipelineRequest) -> None:
    """Return when the tasks can follow each other and have what they need.

    Raises:
        ValidationError: they cannot; `errors` says where and why.
    """
    steps = request.pipeline_tasks
    problems = [*_check_input(request)]
    for number, (before, after) in enumerate(pairwise(steps), start=1):
        problems += _check_pair(number, before, after)
    if problems:
        raise ValidationError("these tasks cannot follow each other; see errors", errors=problems)


def check_principal(request: PipelineRequest, principal: Principal) -> None:
    """Return when somebody may have every task done; the services look again, and at the models.

    Raises:
        AuthorizationError: a permission is missing, or the key is not for this.
    """
    for step in request.pipeline_tasks:
        task = Task(step.task_type)
        if isinstance(step, AsrStep) and step.config.task is AsrTask.TRANSLATE:
            task = Task.TRANSLATE_SPEECH
        if _PERMISSIONS[task] not in principal.permissions:
            raise AuthorizationError(f"this needs the permission {_PERMISSIONS[task]}")
        check_task(principal.scope, task)
        check_languages(principal.scope, _named_languages(step))


def _named_languages(step: PipelineStep) -> Iterator[str]:
    """Yield those that a task names and that there are."""
    named = step.config.language.source_language
    codes = [_find(named)]
    if not isinstance(step, TtsStep):
        codes.append(_language_after(step.config))
    yield from (code for code in codes if code)


def _check_input(request: PipelineRequest) -> Iterator[FieldError]:
    first = request.pipeline_tasks[0]
    needed, other = ("audio", "input") if isinstance(first, AsrStep) else ("input", "audio")
    given = request.input_data
    if getattr(given, needed) is None:
        message = f"the first task, {first.task_type}, needs it"
        yield FieldError(path=f"inputData.{needed}", message=message)
    if getattr(given, other) is not None:
        message = f"the first task, {first.task_type}, takes {needed} alone"
        yield FieldError(path=f"inputData.{other}", message=message)


def _check_pair(number: int, before: PipelineStep, after: PipelineStep) -> Iterator[FieldError]:
    place = f"pipelineTasks.{number}"
    if isinstance(after, AsrStep):
        yield FieldError(path=f"{place}.taskType", message="asr can only be the first task")
        return
    if isinstance(before, TtsStep):
        message = f"{after.task_type} takes text, and the task before it gives speech"
        yield FieldError(path=f"{place}.taskType", message=message)
        return
    if isinstance(before, AsrStep) and _is_subtitled(before.config):
        message = f"{after.task_type} takes plain text: leave this out"
        path = f"pipelineTasks.{number - 1}.config.transcriptionFormat"
        yield FieldError(path=path, message=message)
    given, wanted = _language_after(before.config), _find(after.config.language.source_language)
    if given and wanted and given != wanted:
        message = f"the task before gives {given}"
        yield FieldError(path=f"{place}.config.language.sourceLanguage", message=message)


def _is_subtitled(config: AsrConfig) -> bool:
    return config.transcription_format.value is not TranscriptFormat.TRANSCRIPT


def _language_after(config: AsrConfig | NmtConfig) -> str | None:
    """Return the code of the language that a task gives; None when that is not known yet."""
    if isinstance(config, NmtConfig):
        return _find(config.language.target_language)
    if config.task is AsrTask.TRANSLATE:
        return _SPOKEN_ENGLISH
    return _find(config.language.source_language)


def _find(code: str) -> str | None:
    language = None if code == AUTO_LANGUAGE else find_language(code)
    return language.code if language else None
