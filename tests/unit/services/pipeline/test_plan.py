import pytest

from ai4v.contracts.error import ValidationError
from ai4v.contracts.pipeline import PipelineRequest
from ai4v.services.pipeline.plan import check_plan

AUDIO = {"audio": [{"audioContent": "AAAA"}]}
TEXT = {"input": [{"source": "नमस्ते"}]}


def asr(language: str = "hi", **config: object) -> dict[str, object]:
    return {"taskType": "asr", "config": {"language": {"sourceLanguage": language}, **config}}


def translation(source: str = "hi", target: str = "en") -> dict[str, object]:
    language = {"sourceLanguage": source, "targetLanguage": target}
    return {"taskType": "translation", "config": {"language": language}}


def tts(language: str = "en") -> dict[str, object]:
    return {"taskType": "tts", "config": {"language": {"sourceLanguage": language}}}


def request(given: dict[str, object], *tasks: dict[str, object]) -> PipelineRequest:
    return PipelineRequest.model_validate({"pipelineTasks": tasks, "inputData": given})


@pytest.mark.parametrize(
    ("given", "tasks"),
    [
        (AUDIO, [asr()]),
        (TEXT, [translation()]),
        (TEXT, [tts("hi")]),
        (AUDIO, [asr(), translation(), tts()]),
        (AUDIO, [asr(), tts("hi")]),
        (AUDIO, [asr(task="translate"), tts("en")]),
        (AUDIO, [asr("auto"), translation("auto"), tts()]),
        (TEXT, [translation(), translation("en", "bn"), tts("bn")]),
        (TEXT, [translation("hi", "kok"), tts("gom")]),
    ],
)
def test_orders_that_work(given: dict[str, object], tasks: list[dict[str, object]]) -> None:
    check_plan(request(given, *tasks))


@pytest.mark.parametrize(
    ("given", "tasks", "path"),
    [
        (TEXT, [asr()], "inputData.audio"),
        (AUDIO, [translation()], "inputData.input"),
        (AUDIO | TEXT, [asr()], "inputData.input"),
        (AUDIO | TEXT, [tts("hi")], "inputData.audio"),
        (TEXT, [translation(), asr("en")], "pipelineTasks.1.taskType"),
        (TEXT, [tts("hi"), translation()], "pipelineTasks.1.taskType"),
        (TEXT, [tts("hi"), tts("hi")], "pipelineTasks.1.taskType"),
        (AUDIO, [asr(), translation("bn")], "pipelineTasks.1.config.language.sourceLanguage"),
        (AUDIO, [asr(), tts("en")], "pipelineTasks.1.config.language.sourceLanguage"),
        (
            AUDIO,
            [asr(task="translate"), translation("hi")],
            "pipelineTasks.1.config.language.sourceLanguage",
        ),
        (
            AUDIO,
            [asr(), translation(), tts("hi")],
            "pipelineTasks.2.config.language.sourceLanguage",
        ),
        (
            AUDIO,
            [asr(transcriptionFormat="srt"), translation()],
            "pipelineTasks.0.config.transcriptionFormat",
        ),
    ],
)
def test_orders_that_cannot_work_say_where_and_why(
    given: dict[str, object], tasks: list[dict[str, object]], path: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        check_plan(request(given, *tasks))
    assert path in [problem.path for problem in caught.value.errors]
