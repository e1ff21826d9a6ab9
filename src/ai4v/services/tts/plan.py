"""What a request asks for, held against what the engines can do, before anything is done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ai4v.contracts.error import ValidationError
from ai4v.contracts.language import find_language
from ai4v.contracts.tts import SpeechFormat, TtsConfig, TtsRequest
from ai4v.ports.synthesizer import SynthesizerInfo
from ai4v.services.tts.alias import ALIASES
from ai4v.services.tts.voice import Choice, VoiceWish, choose_voice, spoken_languages


@dataclass(frozen=True, slots=True)
class Plan:
    """How one request will be carried out."""

    choice: Choice
    audio_format: SpeechFormat
    rate_hz: int
    """As asked for, or the engine's own; what the format takes is nearest to it."""
    speed: float
    not_applied: tuple[str, ...]
    """What was asked for and is not done, by its name in the request."""

    @property
    def info(self) -> SynthesizerInfo:
        """The engine that speaks."""
        return self.choice.speaker.info

    @property
    def voice_id(self) -> str:
        """Who speaks."""
        return self.choice.speaker.voice.voice_id


def make_plan(
    request: TtsRequest, present: Sequence[SynthesizerInfo], infos: Sequence[SynthesizerInfo]
) -> Plan:
    """Hold `request` against the engines.

    Args:
        request: its texts are not looked at.
        present: engines that are there, the preferred first.
        infos: all engines: a model or a voice asked for by name may be of a missing one.

    Raises:
        LanguageNotSupportedError: nobody speaks the language.
        ValidationError: an unknown model, script or voice, or a voice of another language.
    """
    config = request.config
    engines = _find_engines(config, present, infos)
    wish = _wish(config)
    choice = choose_voice(wish, engines)
    return Plan(
        choice=choice,
        audio_format=config.audio_format,
        rate_hz=config.sampling_rate or choice.speaker.info.rate_hz,
        speed=config.speed,
        not_applied=tuple(_not_applied(request, choice)),
    )


def _find_engines(
    config: TtsConfig, present: Sequence[SynthesizerInfo], infos: Sequence[SynthesizerInfo]
) -> Sequence[SynthesizerInfo]:
    """Return the engines to choose from: those of the model or the voice that is named."""
    if config.service_id in ("", *ALIASES):
        return present if _is_enough(config, present, infos) else infos
    named = [info for info in infos if info.model_id == config.service_id]
    if not named:
        known = ", ".join((*(info.model_id for info in infos), *ALIASES))
        message = f"unknown; leave it empty or use one of: {known}"
        raise ValidationError.at("config.serviceId", message)
    return named


def _is_enough(
    config: TtsConfig, present: Sequence[SynthesizerInfo], infos: Sequence[SynthesizerInfo]
) -> bool:
    """Tell whether no missing engine is needed, for the language or for the voice named."""
    language = find_language(config.language.source_language)
    code = language.code if language else ""
    if code in spoken_languages(infos) and code not in spoken_languages(present):
        return False
    voice_id = config.supported_voice or config.speaker_name
    missing = [info for info in infos if info not in present]
    return not any(voice.voice_id == voice_id for info in missing for voice in info.voices)


def _wish(config: TtsConfig) -> VoiceWish:
    name = "supportedVoice" if config.supported_voice else "speakerName"
    return VoiceWish(
        language=config.language.source_language,
        script=config.language.source_script_code,
        voice_id=config.supported_voice or config.speaker_name,
        gender=config.gender,
        voice_path=f"config.{name}",
    )


def _not_applied(request: TtsRequest, choice: Choice) -> Iterator[str]:
    config = request.config
    if any(item.audio_duration is not None for item in request.input):
        yield "audioDuration"
    if config.gender not in (None, choice.speaker.voice.gender):
        yield "gender"
    if config.domain:
        yield "domain"
    if request.control_config.data_tracking:
        yield "dataTracking"
