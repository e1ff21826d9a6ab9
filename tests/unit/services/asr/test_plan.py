import pytest

from ai4v.contracts.asr import AsrConfig, AsrLanguage, AsrTask
from ai4v.contracts.capability import Capability, Task, Tier
from ai4v.contracts.error import LanguageNotSupportedError, PlatformError, ValidationError
from ai4v.contracts.ulca import ControlConfig
from ai4v.ports.recognizer import RecognizerInfo
from ai4v.services.asr.plan import make_plan, supported_languages


def _info(*offers: tuple[Task, str, Tier]) -> RecognizerInfo:
    capabilities = tuple(
        Capability(task=task, language=language, tier=tier, engine="e", model_id="m")
        for task, language, tier in offers
    )
    return RecognizerInfo("e", "m", 30.0, capabilities)


_INFO = _info(
    (Task.TRANSCRIBE, "hi", Tier.NEURAL),
    (Task.TRANSCRIBE, "bn", Tier.DEMO),
    (Task.TRANSCRIBE, "sat", Tier.NONE),
)


def _config(language: str = "hi", task: AsrTask = AsrTask.TRANSCRIBE) -> AsrConfig:
    return AsrConfig(language=AsrLanguage(source_language=language), task=task)


def test_supported_are_those_that_really_are() -> None:
    assert supported_languages(Task.TRANSCRIBE, _INFO) == ("bn", "hi")
    assert supported_languages(Task.TRANSLATE_SPEECH, _INFO) == ()


@pytest.mark.parametrize("task", list(AsrTask))
def test_auto_needs_a_language_that_could_be_found(task: AsrTask) -> None:
    if task is AsrTask.TRANSCRIBE:
        assert make_plan(_config("auto", task), ControlConfig(), _INFO).language is None
    else:
        with pytest.raises(LanguageNotSupportedError):
            make_plan(_config("auto", task), ControlConfig(), _INFO)


@pytest.mark.parametrize("language", ["sat", "ta", "xx"])
def test_refusal_names_the_place(language: str) -> None:
    with pytest.raises(LanguageNotSupportedError) as caught:
        make_plan(_config(language), ControlConfig(), _INFO)
    assert [error.path for error in caught.value.errors] == ["config.language.sourceLanguage"]


def test_script_of_the_language_may_be_named() -> None:
    named = AsrConfig(language=AsrLanguage(source_language="hi", source_script_code="Deva"))
    assert make_plan(named, ControlConfig(), _INFO).applied.language.source_script_code == "Deva"


@pytest.mark.parametrize("change", [{"service_id": "x"}, {"audio_format": "pcm"}])
def test_validation_errors_are_platform_errors(change: dict[str, str]) -> None:
    config = AsrConfig.model_validate({"language": {"sourceLanguage": "hi"}, **change})
    with pytest.raises(ValidationError) as caught:
        make_plan(config, ControlConfig(), _INFO)
    assert isinstance(caught.value, PlatformError)
