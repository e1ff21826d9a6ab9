"""What is said to and by the text to speech service: the ULCA shapes, and what we add to them."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from ai4v.contracts.capability import Tier
from ai4v.contracts.example import shown
from ai4v.contracts.ulca import (
    ControlConfig,
    Domain,
    GivenShape,
    LanguageCode,
    ScriptCode,
    ServiceId,
    Shape,
)


class Gender(StrEnum):
    """How a voice sounds."""

    FEMALE = "female"
    MALE = "male"


class SpeechFormat(StrEnum):
    """How the sound is packed."""

    WAV = "wav"
    """16-bit samples behind a header."""
    MP3 = "mp3"
    OGG = "ogg"
    FLAC = "flac"
    PCM = "pcm"
    """Bare 16-bit little-endian mono samples."""


class TtsItem(GivenShape):
    """One text to be spoken."""

    source: str
    audio_duration: Annotated[float, Field(gt=0)] | None = None
    """Seconds that the speech should last; accepted, not applied."""


class TtsLanguage(Shape):
    """The language of the text."""

    source_language: LanguageCode
    source_script_code: ScriptCode | None = None
    """The script of the text, where the language has several."""


class TtsConfig(GivenShape):
    """How the text is to be spoken. What we do not do yet is accepted and not applied."""

    language: TtsLanguage
    service_id: ServiceId = ""
    gender: Gender | None = None
    """Chooses among the voices of the language."""
    audio_format: SpeechFormat = SpeechFormat.WAV
    sampling_rate: Annotated[int, Field(ge=8_000, le=48_000)] | None = None
    """Hz; the nearest that the format takes is used. None: the voice's own."""
    encoding: Literal["base64"] = "base64"
    supported_voice: Annotated[str, Field(max_length=64)] | None = None
    """A `voice_id`; goes before gender."""
    speaker_name: Annotated[str, Field(max_length=64)] | None = None
    """ULCA's other name for `supportedVoice`."""
    speed: Annotated[float, Field(ge=0.5, le=2.0)] = 1.0
    """1 is the voice's own; 2 is twice as fast."""
    domain: Domain | tuple[Domain, ...] | None = None


class TtsRequest(GivenShape):
    """Text to be spoken."""

    model_config = shown(
        {"input": [{"source": "வணக்கம்"}], "config": {"language": {"sourceLanguage": "ta"}}}
    )

    input: Annotated[tuple[TtsItem, ...], Field(min_length=1)]
    config: TtsConfig
    control_config: ControlConfig = ControlConfig()


class TtsAudio(Shape):
    """The speech of one item."""

    audio_content: str
    """The whole file in base64."""
    audio_uri: str | None = None
    """Never given: the sound is in the answer."""
    audio_duration: float
    """Seconds."""


class TtsAppliedConfig(Shape):
    """What was really done."""

    service_id: str
    """The model used, whatever alias was asked for."""
    voice_id: str
    tier: Tier
    """How good the engine is at this language."""
    note: str | None = None
    """What to know before relying on it: another language's voice, say."""
    language: TtsLanguage
    audio_format: SpeechFormat
    encoding: Literal["base64"] = "base64"
    sampling_rate: int
    """Hz, of the sound that is returned."""
    audio_duration: float
    """Seconds, of all items together."""
    speed: float
    not_applied: tuple[str, ...]
    """What was asked for and is not done yet, by its name in the request."""
    data_tracking: bool
    """Whether content was stored."""


class TtsAnswer(Shape):
    """The speech of each item, in order."""

    task_type: Literal["tts"] = "tts"
    audio: tuple[TtsAudio, ...]
    config: TtsAppliedConfig
