"""What the reading paths answer, and how bodies are shown to people."""

from collections.abc import Sequence
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field

from ai4v.contracts.capability import Tier
from ai4v.contracts.error import LanguageNotSupportedError, NotFoundError
from ai4v.contracts.language import find_language
from ai4v.contracts.tts import Gender, TtsRequest
from ai4v.kit import requestview
from ai4v.kit.bodyschema import describe_json_body
from ai4v.kit.requestview import RequestPage
from ai4v.ports.synthesizer import SynthesizerInfo, Voice
from ai4v.services.tts.approximation import APPROXIMATIONS
from ai4v.services.tts.voice import spoken_languages


class VoiceView(BaseModel):
    """One voice. Names are those of the wire contract's table: snake case here."""

    model_config = ConfigDict(frozen=True)

    voice_id: str
    """Ask for it as `supportedVoice`."""
    name: str
    gender: Gender
    languages: tuple[str, ...]
    """Codes of the languages that are its own."""
    approximates: tuple[str, ...]
    """Codes of languages without voices of their own that it stands in for."""
    tier: Tier
    """How good it is at its own languages."""
    engine: str
    model_id: str
    """Ask for its engine as `serviceId`."""
    sample_rate: int
    """Hz, of its own sound; others are made from it."""

    @classmethod
    def of(cls, voice: Voice, info: SynthesizerInfo, approximated: Sequence[str]) -> Self:
        """Show one voice of an engine; `approximated` are the languages that have no own voice."""
        tiers = {offer.language: offer.tier for offer in info.capabilities}
        stood_in_for = (
            reading.language.code
            for reading in APPROXIMATIONS
            if reading.spoken_as.code in voice.languages and reading.language.code in approximated
        )
        return cls(
            voice_id=voice.voice_id,
            name=voice.name,
            gender=voice.gender,
            languages=voice.languages,
            approximates=tuple(dict.fromkeys(stood_in_for)),
            tier=tiers.get(voice.languages[0], Tier.NONE),
            engine=info.engine,
            model_id=info.model_id,
            sample_rate=info.rate_hz,
        )


class VoiceList(BaseModel):
    """The voices that may be asked for."""

    model_config = ConfigDict(frozen=True)

    voices: tuple[VoiceView, ...]
    total: int
    """How many there are."""
    filtered: int
    """How many of them are shown."""

    @classmethod
    def of(
        cls, infos: Sequence[SynthesizerInfo], *, language: str | None, gender: Gender | None
    ) -> Self:
        """Show the voices that speak `language`, its own or not, with that gender.

        Raises:
            LanguageNotSupportedError: it is none that is spoken.
        """
        voices = list_voices(infos)
        code = None if language is None else _spoken_code(language, infos)
        shown = tuple(
            voice
            for voice in voices
            if code in (None, *voice.languages, *voice.approximates)
            and gender in (None, voice.gender)
        )
        return cls(voices=shown, total=len(voices), filtered=len(shown))


def list_voices(infos: Sequence[SynthesizerInfo]) -> tuple[VoiceView, ...]:
    """Return every voice of the engines, in their order."""
    native = {code for info in infos for voice in info.voices for code in voice.languages}
    approximated = [code for code in spoken_languages(infos) if code not in native]
    return tuple(VoiceView.of(voice, info, approximated) for info in infos for voice in info.voices)


def find_voice(infos: Sequence[SynthesizerInfo], voice_id: str) -> VoiceView:
    """Return one voice.

    Raises:
        NotFoundError: there is none of that id.
    """
    for voice in list_voices(infos):
        if voice.voice_id == voice_id:
            return voice
    raise NotFoundError("there is no such voice; GET /api/v1/tts/voices lists those there are")


def _spoken_code(code: str, infos: Sequence[SynthesizerInfo]) -> str:
    language = find_language(code)
    spoken = spoken_languages(infos)
    if language is None or language.code not in spoken:
        raise LanguageNotSupportedError(
            f"speech is not possible in this language; possible: {', '.join(spoken)}"
        )
    return language.code


class RequestView(requestview.RequestView):
    """One request, as its owner sees it afterwards."""

    language: str
    voice_id: str
    characters: int | None = None
    """Of all its texts; only for what was completed."""
    audio_s: float | None = Field(default=None, alias="audioDuration")
    """Seconds of sound; only for what was completed."""


class RequestList(RequestPage):
    """A page of requests, newest first."""

    requests: tuple[RequestView, ...]


REQUEST_BODY: Final = describe_json_body(TtsRequest)
"""OpenAPI of the bodies, which are read by hand."""


def describe_sound(media_types: Sequence[str]) -> dict[int | str, dict[str, object]]:
    """Return OpenAPI of an answer that is sound, of one of these media types."""
    sound = {"schema": {"type": "string", "format": "binary"}}
    return {200: {"content": dict.fromkeys(media_types, sound)}}
