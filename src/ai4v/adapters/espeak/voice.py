"""Who speaks what: the voices of espeak-ng 1.52 that were heard to speak, and what is said of them.

Its Konkani spells vowel signs out by their names, so Konkani is spoken by the rules of Marathi.
Its English is British.
"""

from typing import Final

from ai4v.contracts.capability import Capability, Task, Tier
from ai4v.contracts.language import LANGUAGES
from ai4v.contracts.tts import Gender
from ai4v.ports.synthesizer import SynthesizerInfo, Voice

ENGINE: Final = "espeak"
_MODEL_ID: Final = "espeak-ng"
RATE_HZ: Final = 22_050
MAX_CHARACTERS: Final = 1000
MAX_DURATION_S: Final = 600.0
"""Of one passage; text that people write stays below it at half the speed."""

_INDIAN: Final = {
    "as": "as",
    "bn": "bn",
    "gu": "gu",
    "hi": "hi",
    "kn": "kn",
    "kok": "mr",
    "ml": "ml",
    "mr": "mr",
    "ne": "ne",
    "or": "or",
    "pa": "pa",
    "sd": "sd",
    "ta": "ta",
    "te": "te",
    "ur": "ur",
}
_BRITISH: Final = "gmw/en"
_SPOKEN: Final = {**_INDIAN, "en": _BRITISH}
_WOMAN: Final = "+f3"
"""Of the variants that change how a voice sounds, the clearest of the higher ones."""

PHONEME_VOICES: Final = {**_INDIAN, "en-US": "gmw/en-US", "en-GB": _BRITISH}
"""The voice of espeak-ng for each tag."""
SPEECH_VOICES: Final = {
    f"espeak-{language}{suffix}": voice + variant
    for language, voice in _SPOKEN.items()
    for suffix, variant in (("", ""), ("-f", _WOMAN))
}
"""The voice of espeak-ng for each voice id."""


def declare() -> SynthesizerInfo:
    """Say what can be spoken: a man and a woman for each language."""
    return SynthesizerInfo(
        engine=ENGINE,
        model_id=_MODEL_ID,
        rate_hz=RATE_HZ,
        max_characters=MAX_CHARACTERS,
        voices=tuple(
            Voice(f"espeak-{code}{suffix}", f"{LANGUAGES[code].name} ({gender})", gender, (code,))
            for code in _SPOKEN
            for suffix, gender in (("", Gender.MALE), ("-f", Gender.FEMALE))
        ),
        capabilities=tuple(_offer(code) for code in _SPOKEN),
    )


def _offer(code: str) -> Capability:
    tier, note = Tier.RULE_BASED, "A machine's voice, built by rules: clear, not natural."
    if code == "kok":
        tier, note = Tier.APPROXIMATE, "A machine's voice that reads by the rules of Marathi."
    return Capability(
        task=Task.SYNTHESIZE,
        language=code,
        tier=tier,
        engine=ENGINE,
        model_id=_MODEL_ID,
        note=note,
    )
