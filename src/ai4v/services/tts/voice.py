"""Who speaks: of all voices of all engines the one that a request means."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ai4v.contracts.capability import Capability, Task, Tier
from ai4v.contracts.error import FieldError, LanguageNotSupportedError, ValidationError
from ai4v.contracts.language import LANGUAGES, SCRIPTS, Language, find_language
from ai4v.contracts.tts import Gender
from ai4v.ports.synthesizer import SynthesizerInfo, Voice
from ai4v.services.tts.approximation import APPROXIMATIONS, Reading, native_reading

_TIERS: Final = (Tier.NEURAL, Tier.DEMO, Tier.RULE_BASED, Tier.APPROXIMATE)
"""The best first."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """A voice, and how well it speaks a language of its own."""

    info: SynthesizerInfo
    voice: Voice
    capability: Capability


@dataclass(frozen=True, slots=True)
class VoiceWish:
    """What a request says about the voice."""

    language: str
    script: str | None = None
    voice_id: str | None = None
    gender: Gender | None = None
    voice_path: str = "config.supportedVoice"
    """Where in the request `voice_id` was said."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Who speaks, and how the text is read."""

    speaker: Speaker
    reading: Reading

    @property
    def tier(self) -> Tier:
        """How good this is."""
        return Tier.APPROXIMATE if self.reading.is_approximate else self.speaker.capability.tier

    @property
    def note(self) -> str | None:
        """What to know before relying on it."""
        notes = (self.reading.note, self.speaker.capability.note)
        return " ".join(note for note in notes if note) or None

    @property
    def capability(self) -> Capability:
        """What this is to the language of the text."""
        return Capability(
            task=Task.SYNTHESIZE,
            language=self.reading.language.code,
            tier=self.tier,
            engine=self.speaker.info.engine,
            model_id=self.speaker.info.model_id,
            note=self.note,
        )


def choose_voice(wish: VoiceWish, infos: Sequence[SynthesizerInfo]) -> Choice:
    """Choose among the voices of `infos`, engines in order of preference.

    A voice asked for by name is that one or an error. Else the best tier speaks: with a voice of
    the gender asked for, from a lesser engine if need be, and with the default one if no voice of
    the language has it.

    Raises:
        LanguageNotSupportedError: no voice speaks the language; the message lists what is spoken.
        ValidationError: a script that is not read, a voice that is not there or does not speak the
            language; the message lists what is possible.
    """
    language = find_language(wish.language)
    readings = list(_readings(language, infos)) if language else []
    if not readings:
        spoken = ", ".join(spoken_languages(infos))
        message = f"speech is not possible in this language; possible: {spoken}"
        problem = FieldError(path="config.language.sourceLanguage", message=message)
        raise LanguageNotSupportedError(message, errors=[problem])
    reading = _choose_reading(readings, wish.script)
    speakers = find_speakers(reading.spoken_as, infos)
    if wish.voice_id:
        return Choice(_find_named(wish, speakers, infos), reading)
    fitting = [speaker for speaker in speakers if speaker.voice.gender is wish.gender]
    return Choice((fitting or speakers)[0], reading)


def default_choices(infos: Sequence[SynthesizerInfo]) -> tuple[Choice, ...]:
    """Return for each language that is spoken who speaks it by default."""
    wishes = (VoiceWish(code) for code in spoken_languages(infos))
    return tuple(choose_voice(wish, infos) for wish in wishes)


def spoken_languages(infos: Sequence[SynthesizerInfo]) -> tuple[str, ...]:
    """Return the codes of the languages that can be spoken, approximations included, in order."""
    return tuple(
        sorted(
            language.code
            for language in LANGUAGES.values()
            if next(_readings(language, infos), None)
        )
    )


def find_speakers(language: Language, infos: Sequence[SynthesizerInfo]) -> tuple[Speaker, ...]:
    """Return who speaks `language` as its own: the best tier first, then the preferred engine."""
    speakers = [
        Speaker(info, voice, capability)
        for info in infos
        for capability in info.capabilities
        if (capability.task, capability.language) == (Task.SYNTHESIZE, language.code)
        and capability.tier in _TIERS
        for voice in info.voices
        if language.code in voice.languages
    ]
    return tuple(sorted(speakers, key=lambda speaker: _TIERS.index(speaker.capability.tier)))


def _readings(language: Language, infos: Sequence[SynthesizerInfo]) -> Iterator[Reading]:
    if find_speakers(language, infos):
        yield native_reading(language)
    for reading in APPROXIMATIONS:
        if reading.language is language and find_speakers(reading.spoken_as, infos):
            yield reading


def _choose_reading(readings: Sequence[Reading], script: str | None) -> Reading:
    if script is None:
        return readings[0]
    for reading in readings:
        if _is_same(script, reading.script):
            return reading
    possible = ", ".join(dict.fromkeys(reading.script for reading in readings))
    raise ValidationError.at(
        "config.language.sourceScriptCode", f"this script is not possible; possible: {possible}"
    )


def _is_same(code: str, other: str) -> bool:
    """Tell whether two codes mean the same letters, as those of Arabic and Nastaliq do."""
    return code == other or (code in SCRIPTS and SCRIPTS[code].ranges == SCRIPTS[other].ranges)


def _find_named(
    wish: VoiceWish, speakers: Sequence[Speaker], infos: Sequence[SynthesizerInfo]
) -> Speaker:
    for speaker in speakers:
        if speaker.voice.voice_id == wish.voice_id:
            return speaker
    is_known = any(voice.voice_id == wish.voice_id for info in infos for voice in info.voices)
    possible = ", ".join(dict.fromkeys(speaker.voice.voice_id for speaker in speakers))
    problem = "this voice does not speak the language" if is_known else "there is no such voice"
    raise ValidationError.at(wish.voice_path, f"{problem}; possible: {possible}")
