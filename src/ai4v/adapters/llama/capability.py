"""What Gemma 3 270M is declared to do, and how well. Pure.

Tiers were set by tests/connected/adapters/llama; figures are in tests/data/translation/README.md.
"""

from typing import Final

from ai4v.contracts.capability import Capability, Task, Tier

ENGINE: Final = "llama"
_HINDI_NOTE: Final = (
    "Everyday sentences of up to about 15 words: the gist, mostly. Tense, number and who does what "
    "to whom are often wrong."
)
_TO_ENGLISH_NOTE: Final = "Short, simple sentences at best; details are often wrong."
_FROM_ENGLISH_NOTE: Final = "Rough: the right script, but often the wrong words."
_DIRECTIONS: Final = (
    ("hi", "en", Tier.DEMO, _HINDI_NOTE),
    ("bn", "en", Tier.DEMO, _TO_ENGLISH_NOTE),
    ("ta", "en", Tier.DEMO, _TO_ENGLISH_NOTE),
    ("te", "en", Tier.DEMO, _TO_ENGLISH_NOTE),
    ("mr", "en", Tier.DEMO, _TO_ENGLISH_NOTE),
    ("en", "hi", Tier.DEMO, _FROM_ENGLISH_NOTE),
    ("en", "bn", Tier.DEMO, _FROM_ENGLISH_NOTE),
)


def declare(model_id: str) -> tuple[Capability, ...]:
    """Return the capabilities of a model called `model_id`."""
    return tuple(
        Capability(
            task=Task.TRANSLATE,
            language=source,
            target_language=target,
            tier=tier,
            engine=ENGINE,
            model_id=model_id,
            note=note,
        )
        for source, target, tier, note in _DIRECTIONS
    )
