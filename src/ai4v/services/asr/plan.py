"""What a request asks for, held against what the engine can do, before anything is done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ai4v.contracts.asr import (
    AsrAppliedConfig,
    AsrConfig,
    AsrLanguage,
    AsrTask,
    AudioFormat,
    HotwordList,
)
from ai4v.contracts.audio import SPEECH_RATE_HZ
from ai4v.contracts.capability import Task, Tier
from ai4v.contracts.error import FieldError, LanguageNotSupportedError, ValidationError
from ai4v.contracts.language import Language, find_language
from ai4v.contracts.ulca import AUTO_LANGUAGE, ControlConfig
from ai4v.ports.audiocodec import RawFormat
from ai4v.ports.recognizer import RecognizerInfo
from ai4v.services.asr.alias import ALIASES

_VAD: Final = "vad"
_TASKS: Final = {AsrTask.TRANSCRIBE: Task.TRANSCRIBE, AsrTask.TRANSLATE: Task.TRANSLATE_SPEECH}


@dataclass(frozen=True, slots=True)
class Plan:
    """How one request will be carried out."""

    model_id: str
    language: Language | None
    """The language spoken; None finds out."""
    task: Task
    raw: RawFormat | None
    """How to read samples without a header, when that is what comes."""
    applied: AsrAppliedConfig
    """What the answer will say was done."""


def make_plan(config: AsrConfig, control: ControlConfig, info: RecognizerInfo) -> Plan:
    """Hold `config` against `info`.

    Raises:
        LanguageNotSupportedError: the engine does not do the task in that language.
        ValidationError: an unknown model or script, or samples without a rate.
    """
    _check_service_id(config.service_id, info)
    task = _TASKS[config.task]
    language = _find_language(config.language.source_language, task, info)
    _check_script(config.language.source_script_code, language)
    applied = AsrAppliedConfig(
        service_id=info.model_id,
        language=AsrLanguage(
            source_language=language.code if language else AUTO_LANGUAGE,
            source_script_code=language.script if language else None,
        ),
        task=config.task,
        transcription_format=config.transcription_format,
        sampling_rate=SPEECH_RATE_HZ,
        pre_processors=(_VAD,),
        post_processors=(),
        not_applied=tuple(dict.fromkeys(_not_applied(config, control))),
        data_tracking=False,
    )
    return Plan(info.model_id, language, task, _raw_format(config), applied)


def supported_languages(task: Task, info: RecognizerInfo) -> tuple[str, ...]:
    """Return the codes of the languages in which the engine does `task`, in order."""
    return tuple(
        sorted(
            offer.language
            for offer in info.capabilities
            if offer.task is task and offer.tier is not Tier.NONE
        )
    )


def _check_service_id(service_id: str, info: RecognizerInfo) -> None:
    if service_id and service_id != info.model_id and service_id not in ALIASES:
        known = ", ".join((info.model_id, *ALIASES))
        raise ValidationError.at(
            "config.serviceId", f"unknown; leave it empty or use one of: {known}"
        )


def _find_language(code: str, task: Task, info: RecognizerInfo) -> Language | None:
    supported = supported_languages(task, info)
    language = find_language(code)
    is_auto = code == AUTO_LANGUAGE
    if is_auto and supported:
        return None
    if language is None or language.code not in supported:
        message = f"{task.value} is not possible in this language; possible: {', '.join(supported)}"
        problem = FieldError(path="config.language.sourceLanguage", message=message)
        raise LanguageNotSupportedError(message, errors=[problem])
    return language


def _check_script(script: str | None, language: Language | None) -> None:
    if script is None or (language is not None and script == language.script):
        return
    possible = f"possible: {language.script}" if language else "leave it out with auto"
    raise ValidationError.at(
        "config.language.sourceScriptCode", f"this script is not possible; {possible}"
    )


def _raw_format(config: AsrConfig) -> RawFormat | None:
    if config.audio_format is not AudioFormat.PCM:
        return None
    if config.sampling_rate is None:
        raise ValidationError.at("config.samplingRate", "samples without a header need it")
    return RawFormat(config.sampling_rate)


def _not_applied(config: AsrConfig, control: ControlConfig) -> Iterator[str]:
    yield from _others(config.pre_processors or ())
    if isinstance(config.post_processors, HotwordList):
        yield "hotword_list"
    else:
        yield from config.post_processors or ()
    if config.best_token_count:
        yield "bestTokenCount"
    if config.domain:
        yield "domain"
    if config.profanity_filter:
        yield "profanityFilter"
    if control.data_tracking:
        yield "dataTracking"


def _others(pre_processors: Sequence[str]) -> Iterator[str]:
    return (name for name in pre_processors if name != _VAD)
