"""What the reading paths answer."""

from typing import Self

from pydantic import BaseModel, ConfigDict

from ai4v.contracts.capability import Tier
from ai4v.contracts.language import LANGUAGES, Language
from ai4v.kit import requestview
from ai4v.kit.requestview import RequestPage
from ai4v.ports.translator import TranslatorInfo
from ai4v.services.nmt.alias import ALIASES
from ai4v.services.nmt.direction import DirectionTable


class LanguagePair(BaseModel):
    """One direction."""

    model_config = ConfigDict(frozen=True)

    source_language: str
    target_language: str
    tier: Tier
    note: str | None = None


class ModelView(BaseModel):
    """One model. Names are those of the wire contract's table: snake case here."""

    model_config = ConfigDict(frozen=True)

    model_id: str
    engine: str
    description: str
    language_pairs: tuple[LanguagePair, ...]
    aliases: tuple[str, ...]
    """Other names it answers to as `serviceId`."""
    max_passage_characters: int
    """What it translates at once; longer sentences are cut at clauses."""


class ModelList(BaseModel):
    """The models that may be asked for."""

    model_config = ConfigDict(frozen=True)

    models: tuple[ModelView, ...]

    @classmethod
    def of(cls, info: TranslatorInfo, table: DirectionTable) -> Self:
        """Show the one translator."""
        pairs = tuple(
            LanguagePair(
                source_language=each.source,
                target_language=each.target,
                tier=each.tier,
                note=each.note,
            )
            for each in table.directions
        )
        model = ModelView(
            model_id=info.model_id,
            engine=info.engine,
            description=f"{info.model_id}: text into text in {len(pairs)} directions",
            language_pairs=pairs,
            aliases=ALIASES,
            max_passage_characters=info.max_characters,
        )
        return cls(models=(model,))


class TargetView(BaseModel):
    """What a language can be translated into."""

    model_config = ConfigDict(frozen=True)

    language: str
    tier: Tier
    note: str | None = None


class LanguageView(BaseModel):
    """One language and where it leads."""

    model_config = ConfigDict(frozen=True)

    language: str
    name: str
    native_name: str
    script: str
    """ISO 15924: the only script in which it is taken and given."""
    targets: tuple[TargetView, ...]
    """Empty: nothing is translated from it."""
    sources: tuple[str, ...]
    """Codes of the languages that can be translated into it."""


class LanguageList(BaseModel):
    """Every language of the platform, those that lead nowhere too."""

    model_config = ConfigDict(frozen=True)

    languages: tuple[LanguageView, ...]

    @classmethod
    def of(cls, table: DirectionTable) -> Self:
        """Show the directions by language."""
        return cls(languages=tuple(_view(each, table) for each in LANGUAGES.values()))


def _view(language: Language, table: DirectionTable) -> LanguageView:
    return LanguageView(
        language=language.code,
        name=language.name,
        native_name=language.native_name,
        script=language.script,
        targets=tuple(
            TargetView(language=each.target, tier=each.tier, note=each.note)
            for each in table.directions
            if each.source == language.code
        ),
        sources=table.sources(language.code),
    )


class RequestView(requestview.RequestView):
    """One request, as its owner sees it afterwards."""

    source_language: str
    """As asked: may be `auto`."""
    target_language: str
    characters_in: int | None = None
    """Only for what was completed."""
    characters_out: int | None = None


class RequestList(RequestPage):
    """A page of requests, newest first."""

    requests: tuple[RequestView, ...]
