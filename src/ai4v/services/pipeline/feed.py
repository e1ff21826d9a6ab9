"""What the next task is fed with: the texts that the one before it gave."""

from ai4v.contracts.asr import AsrAnswer, AsrRequest
from ai4v.contracts.error import ValidationError
from ai4v.contracts.nmt import NmtAnswer, NmtConfig, NmtRequest
from ai4v.contracts.pipeline import (
    AsrStep,
    PipelineRequest,
    PipelineStep,
    TranslationStep,
)
from ai4v.contracts.tts import TtsAnswer, TtsItem, TtsRequest
from ai4v.contracts.ulca import AUTO_LANGUAGE, TextItem

TaskRequest = AsrRequest | NmtRequest | TtsRequest
TaskAnswer = AsrAnswer | NmtAnswer | TtsAnswer


def make_request(
    request: PipelineRequest, step: PipelineStep, before: TaskAnswer | None
) -> TaskRequest:
    """Return what to ask of a task.

    Args:
        request: a plan that was checked.
        step: the task.
        before: what the task before it gave; None for the first.

    Raises:
        ValidationError: the task before gave nothing to go on with.
    """
    control = request.control_config
    if isinstance(step, AsrStep):
        audio = request.input_data.audio or ()
        return AsrRequest(audio=audio, config=step.config, control_config=control)
    texts = (request.input_data.input or ()) if before is None else _texts(before)
    if isinstance(step, TranslationStep):
        items = tuple(TextItem(source=text.source) for text in texts)
        config = _with_language(step.config, before)
        # Unchecked: how many texts there may be is for the service to say.
        return NmtRequest.model_construct(input=items, config=config, control_config=control)
    return TtsRequest(input=texts, config=step.config, control_config=control)


def _texts(answer: TaskAnswer) -> tuple[TtsItem, ...]:
    if isinstance(answer, NmtAnswer):
        return tuple(TtsItem(source=item.target) for item in answer.output)
    if isinstance(answer, TtsAnswer):
        raise TypeError("a plan that was checked has no task after speech output")
    for index, item in enumerate(answer.output):
        if not item.source:
            message = "nothing was said, so the next task has nothing to work on"
            raise ValidationError.at(f"inputData.audio.{index}", message)
    return tuple(TtsItem(source=item.source) for item in answer.output)


def _with_language(config: NmtConfig, before: TaskAnswer | None) -> NmtConfig:
    """Put the language that was heard where it was to be found out."""
    if config.language.source_language != AUTO_LANGUAGE or not isinstance(before, AsrAnswer):
        return config
    heard = {item.language for item in before.output}
    language = heard.pop() if len(heard) == 1 else None
    if language is None:
        return config
    known = config.language.model_copy(update={"source_language": language})
    return config.model_copy(update={"language": known})
