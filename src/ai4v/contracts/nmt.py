"""What is said to and by the translation service: the ULCA shapes, and what we add to them."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, JsonValue

from ai4v.contracts.capability import Tier
from ai4v.contracts.example import shown
from ai4v.contracts.ulca import (
    ControlConfig,
    Domain,
    GivenShape,
    LanguageCode,
    ProcessorNames,
    ScriptCode,
    ServiceId,
    Shape,
    TextItem,
)

MAXIMUM_TEXTS: Final = 90
"""Most texts in one call, as ULCA has it."""


class NmtLanguage(Shape):
    """From which language into which."""

    source_language: LanguageCode
    """May be `auto`."""
    target_language: LanguageCode
    source_script_code: ScriptCode | None = None
    target_script_code: ScriptCode | None = None


class NmtConfig(GivenShape):
    """How to translate. What we do not do yet is accepted and not applied."""

    language: NmtLanguage
    service_id: ServiceId = ""
    glossary: dict[str, JsonValue] | tuple[dict[str, JsonValue], ...] | None = None
    domain: Domain | tuple[Domain, ...] | None = None
    gender: Annotated[str, Field(max_length=16)] | None = None
    enable_number_translation: bool | None = None
    profanity_filter: bool | None = None
    pre_processors: ProcessorNames | None = None
    post_processors: ProcessorNames | None = None


class NmtRequest(GivenShape):
    """Texts to be translated."""

    model_config = shown(
        {
            "input": [{"source": "मुझे पानी चाहिए।"}],
            "config": {"language": {"sourceLanguage": "hi", "targetLanguage": "en"}},
        }
    )

    input: Annotated[tuple[TextItem, ...], Field(min_length=1, max_length=MAXIMUM_TEXTS)]
    config: NmtConfig
    control_config: ControlConfig = ControlConfig()

    def with_service_id(self, service_id: str) -> Self:
        """Return the same asked of another model."""
        config = self.config.model_copy(update={"service_id": service_id})
        return self.model_copy(update={"config": config})


class NmtOutput(Shape):
    """One text and its translation."""

    source: str
    target: str
    source_language: str
    """As asked, or as found."""
    tier: Tier
    """How good the engine is at this direction; `none` where nothing had to be translated."""
    is_script_right: bool
    """Whether its letters are of the script asked for, apart from what was to be kept."""
    is_whole: bool = True
    """False: the engine left some of it out, or went in circles."""


class NmtAppliedConfig(Shape):
    """What was really done."""

    service_id: str
    """The model used, whatever alias was asked for."""
    language: NmtLanguage
    not_applied: tuple[str, ...]
    """What was asked for and is not done yet, by its name in the request."""
    data_tracking: bool
    """Whether content was stored."""


class NmtAnswer(Shape):
    """One output for each text, in order."""

    task_type: Literal["translation"] = "translation"
    output: tuple[NmtOutput, ...]
    config: NmtAppliedConfig


class DetectRequest(GivenShape):
    """Texts whose language is to be found."""

    model_config = shown({"input": [{"source": "இன்று வானிலை நன்றாக இருக்கிறது"}]})

    input: Annotated[tuple[TextItem, ...], Field(min_length=1, max_length=MAXIMUM_TEXTS)]


class LanguagePrediction(Shape):
    """One language that a text may be in."""

    lang_code: str
    script_code: str
    """ISO 15924."""
    lang_score: float
    """0 to 1; those of one text add up to at most 1; not a calibrated measure."""


class DetectOutput(Shape):
    """What one text may be written in, likeliest first; nothing when it has no letters."""

    source: str
    lang_prediction: tuple[LanguagePrediction, ...]


class DetectAnswer(Shape):
    """One output for each text, in order."""

    task_type: Literal["txt-lang-detection"] = "txt-lang-detection"
    output: tuple[DetectOutput, ...]
