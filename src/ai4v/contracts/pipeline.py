"""What is said to and by the pipeline: tasks in a row, each fed by the one before (ULCA)."""

from typing import Annotated, Final, Literal

from pydantic import Field

from ai4v.contracts.asr import AsrAnswer, AsrConfig, AudioItem
from ai4v.contracts.example import GOOD_MORNING, shown
from ai4v.contracts.nmt import NmtAnswer, NmtConfig
from ai4v.contracts.tts import TtsAnswer, TtsConfig, TtsItem
from ai4v.contracts.ulca import ControlConfig, GivenShape, Shape

MAXIMUM_STEPS: Final = 8


class AsrStep(GivenShape):
    """Speech becomes text."""

    task_type: Literal["asr"]
    config: AsrConfig


class TranslationStep(GivenShape):
    """Text is translated."""

    task_type: Literal["translation"]
    config: NmtConfig


class TtsStep(GivenShape):
    """Text becomes speech."""

    task_type: Literal["tts"]
    config: TtsConfig


PipelineStep = Annotated[AsrStep | TranslationStep | TtsStep, Field(discriminator="task_type")]


class PipelineInput(GivenShape):
    """What the first task is fed with: texts or sounds, as it needs."""

    input: Annotated[tuple[TtsItem, ...], Field(min_length=1)] | None = None
    audio: Annotated[tuple[AudioItem, ...], Field(min_length=1)] | None = None


class PipelineRequest(GivenShape):
    """Tasks in order, and what to feed them with."""

    model_config = shown(
        {
            "pipelineTasks": [
                {"taskType": "asr", "config": {"language": {"sourceLanguage": "en"}}},
                {
                    "taskType": "translation",
                    "config": {"language": {"sourceLanguage": "en", "targetLanguage": "hi"}},
                },
                {"taskType": "tts", "config": {"language": {"sourceLanguage": "hi"}}},
            ],
            "inputData": {"audio": [{"audioContent": GOOD_MORNING}]},
        }
    )

    pipeline_tasks: Annotated[
        tuple[PipelineStep, ...], Field(min_length=1, max_length=MAXIMUM_STEPS)
    ]
    input_data: PipelineInput
    control_config: ControlConfig = ControlConfig()


PipelineResult = Annotated[AsrAnswer | NmtAnswer | TtsAnswer, Field(discriminator="task_type")]


class PipelineAnswer(Shape):
    """One result for each task, in order."""

    pipeline_response: tuple[PipelineResult, ...]
