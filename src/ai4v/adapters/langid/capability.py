"""What is declared of each language. Pure.

Tiers were set by the figures in tests/data/languageid/README.md: rule-based where the script, its
letters or statistics tell well, demo where a language hides behind a bigger neighbour.
"""

from typing import Final

from ai4v.contracts.capability import Capability, Task, Tier
from ai4v.contracts.language import LANGUAGES, SCRIPTS

ENGINE: Final = "langid"
_WEAK: Final = frozenset({"brx", "doi", "kok", "ks"})
_WEAK_WITHOUT_LISTS: Final = _WEAK | {"mai"}
_WEAK_NOTE: Final = "Told by a few frequent words and endings: short texts are often misjudged."
_SHARED_NOTE: Final = "Told from others in its script by words, endings and letter statistics."
_ENGLISH_NOTE: Final = "Latin letters of another language are called English with a low score."
_MANIPURI_NOTE: Final = "Told by Meitei Mayek; in Bengali letters it is often taken for Bengali."
_BARE_NOTE: Final = "No word lists are installed."


def declare(*, has_lists: bool) -> tuple[Capability, ...]:
    """Return a capability for each language.

    Args:
        has_lists: whether the word lists are there.
    """
    weak = _WEAK if has_lists else _WEAK_WITHOUT_LISTS
    return tuple(
        Capability(
            task=Task.DETECT_LANGUAGE,
            language=language,
            tier=Tier.DEMO if language in weak else Tier.RULE_BASED,
            engine=ENGINE,
            model_id=ENGINE,
            note=_describe(language, is_weak=language in weak, has_lists=has_lists),
        )
        for language in LANGUAGES
    )


def _describe(language: str, *, is_weak: bool, has_lists: bool) -> str | None:
    if language == "en":
        return _ENGLISH_NOTE
    if language == "mni":
        return _MANIPURI_NOTE
    own = SCRIPTS[LANGUAGES[language].script].ranges
    if [SCRIPTS[other.script].ranges for other in LANGUAGES.values()].count(own) == 1:
        return None
    note = _WEAK_NOTE if is_weak else _SHARED_NOTE
    return note if has_lists else f"{note} {_BARE_NOTE}"
