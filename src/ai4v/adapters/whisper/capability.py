"""What Whisper base is declared to do, and how well. Pure.

Tiers were set by tests/connected/whisper and by the figures in tests/data/speech/README.md; a
language that could not be tried with speech of a person, or of an engine for it, is a demo.
"""

from typing import Final

from ai4v.adapters.whisper.plan import LANGUAGE_CODES
from ai4v.contracts.capability import Capability, Task, Tier

ENGINE: Final = "whisper"
_HINDI_NOTE: Final = (
    "Numbers are written as words. Heard in Urdu letters and respelled with a word list: names and "
    "rare words may be misspelt."
)
_HINDI_BARE_NOTE: Final = "No word list is installed: expect many misspelt words."
_UNTRIED_NOTE: Final = "Not measured for this language. Numbers are written as words."
_TO_ENGLISH_NOTE: Final = (
    "About half of everyday sentences keep all of their meaning; details are lost in others, and "
    "some are wrong. Speech of more than 12 s at once: the gist at best."
)
_UNTRIED_TO_ENGLISH_NOTE: Final = "Not measured for this language."


def declare(model_id: str, *, has_lexicon: bool) -> tuple[Capability, ...]:
    """Return the capabilities of a model.

    Args:
        model_id: the model's name.
        has_lexicon: whether Hindi's word list is there.
    """
    hindi = (Tier.NEURAL, _HINDI_NOTE) if has_lexicon else (Tier.DEMO, _HINDI_BARE_NOTE)
    known = {"en": (Tier.NEURAL, None), "hi": hindi}
    offers = []
    for language in LANGUAGE_CODES:
        tier, note = known.get(language, (Tier.DEMO, _UNTRIED_NOTE))
        offers.append(_offer(Task.TRANSCRIBE, language, tier, model_id, note))
        if language == "en":
            continue
        note = _TO_ENGLISH_NOTE if language == "hi" else _UNTRIED_TO_ENGLISH_NOTE
        offers.append(_offer(Task.TRANSLATE_SPEECH, language, Tier.DEMO, model_id, note))
    return tuple(offers)


def _offer(task: Task, language: str, tier: Tier, model_id: str, note: str | None) -> Capability:
    return Capability(
        task=task, language=language, tier=tier, engine=ENGINE, model_id=model_id, note=note
    )
