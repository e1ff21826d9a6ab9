"""Who speaks: the voices of Kokoro-82M v1.0 that the platform offers, and what is said of them.

Names and grades: VOICES.md of hexgrad/Kokoro-82M; the best of each kind were taken.
"""

from typing import Final, NamedTuple

from ai4v.contracts.capability import Capability, Task, Tier
from ai4v.contracts.tts import Gender
from ai4v.ports.synthesizer import SynthesizerInfo, Voice

ENGINE: Final = "kokoro"
RATE_HZ: Final = 24_000
MAX_CHARACTERS: Final = 500


class Kind(NamedTuple):
    """What the first letter of a voice's id stands for."""

    language: str
    tag: str
    """Of the phonemes it was taught with."""
    name: str


_KINDS: Final = {
    "h": Kind("hi", "hi", "Hindi"),
    "a": Kind("en", "en-US", "American English"),
    "b": Kind("en", "en-GB", "British English"),
}
_GENDERS: Final = {"f": Gender.FEMALE, "m": Gender.MALE}
VOICE_IDS: Final = (
    "hf_alpha",
    "hf_beta",
    "hm_omega",
    "hm_psi",
    "af_heart",
    "af_bella",
    "af_nicole",
    "am_fenrir",
    "am_michael",
    "am_puck",
    "bf_emma",
    "bm_george",
)
"""The first of a language is its default."""
_NOTES: Final = {
    "hi": "Words in Latin letters are said by English rules.",
    "en": "American or British by the voice; words in other letters than Latin are said badly.",
}


def phoneme_tag(voice_id: str) -> str:
    """Return the BCP 47 tag whose phonemes a voice of `VOICE_IDS` speaks."""
    return _KINDS[voice_id[0]].tag


def declare(model_id: str) -> SynthesizerInfo:
    """Say what the model can speak."""
    return SynthesizerInfo(
        engine=ENGINE,
        model_id=model_id,
        rate_hz=RATE_HZ,
        max_characters=MAX_CHARACTERS,
        voices=tuple(_voice(voice_id) for voice_id in VOICE_IDS),
        capabilities=tuple(
            Capability(
                task=Task.SYNTHESIZE,
                language=language,
                tier=Tier.NEURAL,
                engine=ENGINE,
                model_id=model_id,
                note=note,
            )
            for language, note in _NOTES.items()
        ),
    )


def _voice(voice_id: str) -> Voice:
    kind = _KINDS[voice_id[0]]
    name = voice_id.partition("_")[2].capitalize()
    return Voice(voice_id, f"{name} ({kind.name})", _GENDERS[voice_id[1]], (kind.language,))
