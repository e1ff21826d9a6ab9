import pytest

from ai4v.contracts.asr import AsrAnswer
from ai4v.contracts.error import ValidationError
from ai4v.contracts.nmt import NmtRequest
from ai4v.contracts.pipeline import PipelineRequest
from ai4v.services.pipeline.feed import make_request


def heard(*items: tuple[str, str]) -> AsrAnswer:
    """Return an answer: text and language of each item."""
    return AsrAnswer.model_validate(
        {
            "output": [
                {
                    "source": text,
                    "language": language,
                    "isScriptRight": True,
                    "isSilence": not text,
                    "duration": 1.0,
                    "segments": [],
                }
                for text, language in items
            ],
            "config": {
                "serviceId": "m",
                "language": {"sourceLanguage": "auto"},
                "task": "transcribe",
                "transcriptionFormat": {"value": "transcript"},
                "samplingRate": 16000,
                "preProcessors": [],
                "postProcessors": [],
                "notApplied": [],
                "dataTracking": False,
            },
        }
    )


def plan(source: str) -> PipelineRequest:
    language = {"sourceLanguage": source, "targetLanguage": "en"}
    return PipelineRequest.model_validate(
        {
            "pipelineTasks": [
                {"taskType": "asr", "config": {"language": {"sourceLanguage": "auto"}}},
                {"taskType": "translation", "config": {"language": language}},
            ],
            "inputData": {"audio": [{"audioContent": "AAAA"}]},
        }
    )


def translation_of(answer: AsrAnswer, source: str = "auto") -> NmtRequest:
    request = plan(source)
    made = make_request(request, request.pipeline_tasks[1], answer)
    assert isinstance(made, NmtRequest)
    return made


def test_language_that_was_heard_goes_on() -> None:
    made = translation_of(heard(("नमस्ते", "hi"), ("जी", "hi")))
    assert made.config.language.source_language == "hi"
    assert [item.source for item in made.input] == ["नमस्ते", "जी"]


def test_several_languages_are_found_out_again() -> None:
    made = translation_of(heard(("नमस्ते", "hi"), ("hello", "en")))
    assert made.config.language.source_language == "auto"


def test_language_that_was_asked_for_stays() -> None:
    assert translation_of(heard(("जी", "hi")), "ne").config.language.source_language == "ne"


def test_silence_is_nothing_to_go_on_with() -> None:
    with pytest.raises(ValidationError) as caught:
        translation_of(heard(("नमस्ते", "hi"), ("", "hi")))
    assert caught.value.errors[0].path == "inputData.audio.1"
