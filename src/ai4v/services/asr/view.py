"""What the reading paths answer, and how the bodies of the writing ones are shown to people."""

from datetime import datetime
from typing import Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

from ai4v.contracts.asr import AsrConfig, AsrRequest, AsrTask
from ai4v.contracts.capability import Task, Tier
from ai4v.kit.paging import Page
from ai4v.ports.recognizer import RecognizerInfo
from ai4v.services.asr.alias import ALIASES
from ai4v.services.asr.plan import supported_languages
from ai4v.services.asr.repository import RequestRecord, RequestStatus


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


class RequestView(BaseModel):
    """One request, as its owner sees it afterwards."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, from_attributes=True
    )

    id: UUID
    request_id: str
    status: RequestStatus
    error_code: str | None = None
    """Why it failed: a code of the error body."""
    language: str
    task: AsrTask
    model_id: str
    item_count: int
    audio_s: float | None = Field(default=None, alias="audioDuration")
    """Seconds of sound; only for what was completed."""
    started_at: datetime
    finished_at: datetime | None = None


class RequestList(BaseModel):
    """A page of requests, newest first."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    requests: tuple[RequestView, ...]
    next_cursor: str | None = None
    """Give it as `cursor` for the next page; absent on the last."""

    @classmethod
    def of(cls, page: Page[RequestRecord]) -> Self:
        """Show a page."""
        return cls(
            requests=tuple(RequestView.model_validate(row) for row in page.rows),
            next_cursor=str(page.next_cursor) if page.next_cursor else None,
        )


_PLAIN_FIELDS: Final[dict[str, JsonValue]] = {
    "language": {"type": "string", "description": "Instead of config: the language's code"},
    "format": {"type": "string", "enum": ["transcript", "srt", "webvtt"]},
    "task": {"type": "string", "enum": ["transcribe", "translate"]},
}


def _inline(schema: JsonValue, definitions: dict[str, JsonValue]) -> JsonValue:
    """Put definitions where they are referred to: FastAPI collects none for a hand-read body."""
    if isinstance(schema, list):
        return [_inline(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return _inline(definitions[reference.rpartition("/")[2]], definitions)
    return {name: _inline(part, definitions) for name, part in schema.items() if name != "$defs"}


def _schema(model: type[BaseModel]) -> JsonValue:
    schema = model.model_json_schema()
    return _inline(schema, schema.get("$defs", {}))


_JSON_BODY: Final[dict[str, JsonValue]] = {"application/json": {"schema": _schema(AsrRequest)}}
_FORM_BODY: Final[dict[str, JsonValue]] = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": ["file"],
            "properties": {
                "file": {"type": "array", "items": {"type": "string", "format": "binary"}},
                "config": _schema(AsrConfig),
                **_PLAIN_FIELDS,
            },
        }
    }
}
INFERENCE_BODY: Final[dict[str, JsonValue]] = {
    "requestBody": {"required": True, "content": {**_JSON_BODY, **_FORM_BODY}}
}
"""OpenAPI of our own path's body, which is read by hand."""
ULCA_BODY: Final[dict[str, JsonValue]] = {"requestBody": {"required": True, "content": _JSON_BODY}}
"""OpenAPI of the ULCA path's body."""
