"""What the reading paths answer, and how the bodies of the writing ones are shown to people."""

from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from ai4v.contracts.asr import AsrConfig, AsrRequest, AsrTask
from ai4v.contracts.capability import Task, Tier
from ai4v.kit import requestview
from ai4v.kit.bodyschema import describe_json_body, inline_schema
from ai4v.kit.requestview import RequestPage
from ai4v.ports.recognizer import RecognizerInfo
from ai4v.services.asr.alias import ALIASES
from ai4v.services.asr.plan import supported_languages


class ModelLanguage(BaseModel):
    """One language that a model serves."""

    model_config = ConfigDict(frozen=True)

    language: str
    task: Task
    tier: Tier
    note: str | None = None


class ModelView(BaseModel):
    """One model. Names are those of the wire contract's table: snake case here."""

    model_config = ConfigDict(frozen=True)

    model_id: str
    engine: str
    description: str
    languages: tuple[str, ...]
    """Codes of the languages it transcribes."""
    translates_from: tuple[str, ...]
    """Codes of the languages it translates to English."""
    offers: tuple[ModelLanguage, ...]
    """How well it does each."""
    aliases: tuple[str, ...]
    """Other names it answers to as `serviceId`."""
    max_window_s: float
    """What it hears at once; longer sound is cut at pauses."""


class ModelList(BaseModel):
    """The models that may be asked for."""

    model_config = ConfigDict(frozen=True)

    models: tuple[ModelView, ...]

    @classmethod
    def of(cls, info: RecognizerInfo) -> Self:
        """Show the one recognizer."""
        languages = supported_languages(Task.TRANSCRIBE, info)
        sources = supported_languages(Task.TRANSLATE_SPEECH, info)
        model = ModelView(
            model_id=info.model_id,
            engine=info.engine,
            description=(
                f"{info.model_id}: speech to text in {len(languages)} languages,"
                f" speech to English text from {len(sources)}"
            ),
            languages=languages,
            translates_from=sources,
            offers=tuple(
                ModelLanguage(
                    language=offer.language, task=offer.task, tier=offer.tier, note=offer.note
                )
                for offer in info.capabilities
            ),
            aliases=ALIASES,
            max_window_s=info.max_duration_s,
        )
        return cls(models=(model,))


class RequestView(requestview.RequestView):
    """One request, as its owner sees it afterwards."""

    language: str
    task: AsrTask
    audio_s: float | None = Field(default=None, alias="audioDuration")
    """Seconds of sound; only for what was completed."""


class RequestList(RequestPage):
    """A page of requests, newest first."""

    requests: tuple[RequestView, ...]


_PLAIN_FIELDS: Final[dict[str, JsonValue]] = {
    "language": {"type": "string", "description": "Instead of config: the language's code"},
    "format": {"type": "string", "enum": ["transcript", "srt", "webvtt"]},
    "task": {"type": "string", "enum": ["transcribe", "translate"]},
}


_JSON_BODY: Final[dict[str, JsonValue]] = {
    "application/json": {"schema": inline_schema(AsrRequest)}
}
_FORM_BODY: Final[dict[str, JsonValue]] = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": ["file"],
            "properties": {
                "file": {"type": "array", "items": {"type": "string", "format": "binary"}},
                "config": inline_schema(AsrConfig),
                **_PLAIN_FIELDS,
            },
            "examples": [{"language": "en", "format": "srt"}],
        }
    }
}
INFERENCE_BODY: Final[dict[str, JsonValue]] = {
    "requestBody": {"required": True, "content": {**_JSON_BODY, **_FORM_BODY}}
}
"""OpenAPI of our own path's body, which is read by hand."""
ULCA_BODY: Final = describe_json_body(AsrRequest)
"""OpenAPI of the ULCA path's body."""
