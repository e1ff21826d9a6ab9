"""A language identifier for tests: by script alone, all languages of a script alike."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Final

from ai4v.contracts.capability import Capability, Task, Tier
from ai4v.contracts.error import ServiceUnavailableError
from ai4v.contracts.language import LANGUAGES, SCRIPTS
from ai4v.ports.languageid import LanguageGuess, LanguageIdInfo

_ENGINE: Final = "memory"
_JUDGED: Final = 1_000
"""Characters of a text that are looked at."""
_FIRST: Final = ("hi", "bn", "ur")
"""Guessed before the others of their script."""
_INFO: Final = LanguageIdInfo(
    _ENGINE,
    _ENGINE,
    tuple(
        Capability(
            task=Task.DETECT_LANGUAGE,
            language=language,
            tier=Tier.DEMO,
            engine=_ENGINE,
            model_id=_ENGINE,
            note="By script alone.",
        )
        for language in LANGUAGES
    ),
)


class MemoryLanguageIdentifier:
    """A `LanguageIdentifier` that looks at the script alone."""

    def __init__(self) -> None:
        self._is_loaded = False

    @property
    def info(self) -> LanguageIdInfo:
        """As the port says."""
        return _INFO

    async def load(self) -> None:
        """As the port says."""
        self._is_loaded = True

    async def identify(self, texts: Sequence[str]) -> tuple[tuple[LanguageGuess, ...], ...]:
        """As the port says."""
        await self.ping()
        return tuple(_guess(text[:_JUDGED]) for text in texts)

    async def ping(self) -> None:
        """As the port says."""
        if not self._is_loaded:
            raise ServiceUnavailableError("the language identifier is not loaded")

    async def close(self) -> None:
        """As the port says."""
        self._is_loaded = False


def _guess(text: str) -> tuple[LanguageGuess, ...]:
    counts = Counter(
        script.code
        for script in SCRIPTS.values()
        for character in text
        if unicodedata.category(character)[0] in "LM" and script.owns(character)
    )
    if not counts:
        return ()
    ranges = SCRIPTS[counts.most_common(1)[0][0]].ranges
    found = [lang for lang in LANGUAGES.values() if SCRIPTS[lang.script].ranges == ranges]
    found.sort(key=lambda language: language.code not in _FIRST)
    return tuple(LanguageGuess(lang.code, lang.script, 1 / len(found)) for lang in found)
