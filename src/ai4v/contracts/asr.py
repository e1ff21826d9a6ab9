"""What is said to and by the speech service: the ULCA shapes, and what we add to them.

Sources: wire contract, sections 1 and 3. Names on the wire are camelCase. The same shapes serve
both paths: our own API forbids fields that are not here, the ULCA path ignores them.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ai4v.contracts.example import GOOD_MORNING, shown
from ai4v.contracts.ulca import ControlConfig, Domain, GivenShape, ProcessorNames, Shape


class AsrTask(StrEnum):
    """What becomes of the speech."""

    TRANSCRIBE = "transcribe"
    """Written down in its own language."""
    TRANSLATE = "translate"
    """Said in English."""


class TranscriptFormat(StrEnum):
    """How the text is laid out in `source`."""

    TRANSCRIPT = "transcript"
    SRT = "srt"
    WEBVTT = "webvtt"


class AudioFormat(StrEnum):
    """What the sender says the sound is; only `pcm` matters, the rest is found by content."""

    WAV = "wav"
    MP3 = "mp3"
    FLAC = "flac"
    OGG = "ogg"
    OPUS = "opus"
    WEBM = "webm"
    M4A = "m4a"
    PCM = "pcm"
    """Bare 16-bit little-endian mono samples; `samplingRate` says how fast."""


class AudioItem(Shape):
    """One piece of sound; one of the two fields."""

    audio_content: str | None = None
    """A whole file in base64."""
    audio_uri: Annotated[str, Field(max_length=2048)] | None = None
    """Where to fetch it: https, from a public address."""


class AsrLanguage(Shape):
    """The language spoken."""

    source_language: Annotated[str, Field(min_length=1, max_length=16)]
    """A code of the platform, an alias of one, or `auto`."""
    source_script_code: Annotated[str, Field(max_length=8)] | None = None
    """ISO 15924; the language's default script is the only one there is."""


class TranscriptLayout(Shape):
    """How the text is laid out."""

    value: TranscriptFormat = TranscriptFormat.TRANSCRIPT


def _spell_out_layout(given: object) -> object:
    return {"value": given} if isinstance(given, str) else given


class HotwordList(BaseModel):
    """ULCA's other form of `postProcessors`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hotword_list: tuple[str, ...] = ()


class AsrConfig(GivenShape):
    """How the speech is to be recognized. What we do not do yet is accepted and not applied."""

    language: AsrLanguage
    service_id: Annotated[str, Field(max_length=200)] = ""
    """A model of ours, an alias of one, or empty for the default."""
    task: AsrTask = AsrTask.TRANSCRIBE
    audio_format: AudioFormat | None = None
    sampling_rate: Annotated[int, Field(ge=4_000, le=192_000)] | None = None
    """Hz; needed for pcm, else the sound itself says."""
    encoding: Literal["base64"] = "base64"
    transcription_format: Annotated[TranscriptLayout, BeforeValidator(_spell_out_layout)] = (
        TranscriptLayout()
    )
    """`{"value": "srt"}`, or the bare word."""
    pre_processors: ProcessorNames | None = None
    post_processors: ProcessorNames | HotwordList | None = None
    best_token_count: Annotated[int, Field(ge=0, le=10)] | None = None
    domain: Domain | tuple[Domain, ...] | None = None
    profanity_filter: bool | None = None


class AsrRequest(GivenShape):
    """Sound to be recognized."""

    model_config = shown(
        {
            "audio": [{"audioContent": GOOD_MORNING}],
            "config": {"language": {"sourceLanguage": "en"}},
        }
    )

    audio: Annotated[tuple[AudioItem, ...], Field(min_length=1)]
    config: AsrConfig
    control_config: ControlConfig = ControlConfig()


class AsrSegment(Shape):
    """A piece of the text and its place in the sound."""

    id: int
    """From 0, in order."""
    start_s: float = Field(alias="start")
    """Seconds from the start of the item's sound."""
    end_s: float = Field(alias="end")
    text: str


class AsrOutput(Shape):
    """What was heard in one item."""

    source: str
    """The text, laid out as asked; empty when nothing was said."""
    language: str | None = None
    """The language spoken: as asked, or as found; absent when `auto` met silence."""
    script: str | None = None
    """ISO 15924: the script that the text should be in."""
    is_script_right: bool
    """False: some of the text is in another script, so it is probably wrong."""
    is_silence: bool
    """Whether nothing was said."""
    duration_s: float = Field(alias="duration")
    """Seconds of sound."""
    segments: tuple[AsrSegment, ...]
    confidence: float | None = None
    """0 to 1, not a calibrated measure; absent for silence."""


class AsrAppliedConfig(Shape):
    """What was really done."""

    service_id: str
    """The model used, whatever alias was asked for."""
    language: AsrLanguage
    task: AsrTask
    transcription_format: TranscriptLayout
    encoding: Literal["base64"] = "base64"
    sampling_rate: int
    """Hz at which the model heard it."""
    pre_processors: tuple[str, ...]
    post_processors: tuple[str, ...]
    not_applied: tuple[str, ...]
    """What was asked for and is not done yet, by its name in the request."""
    data_tracking: bool
    """Whether content was stored."""


class AsrAnswer(Shape):
    """One output for each item, in order."""

    task_type: Literal["asr"] = "asr"
    output: tuple[AsrOutput, ...]
    config: AsrAppliedConfig
