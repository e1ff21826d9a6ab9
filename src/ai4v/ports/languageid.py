"""Port: which language is a text in?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ai4v.contracts.capability import Capability


@dataclass(frozen=True, slots=True)
class LanguageGuess:
    """One language that a text may be in."""

    language: str
    script: str
    """ISO 15924: the script that most of its letters are of."""
    score: float
    """0 to 1; those of one text add up to at most 1; not a calibrated measure."""


@dataclass(frozen=True, slots=True)
class LanguageIdInfo:
    """What an identifier is and can do; true before it is loaded."""

    engine: str
    model_id: str
    capabilities: tuple[Capability, ...]
    """One for each language it can tell, with the task DETECT_LANGUAGE."""


class LanguageIdentifier(Protocol):
    """Tells languages apart."""

    @property
    def info(self) -> LanguageIdInfo:
        """What it is and can do."""
        ...

    async def load(self) -> None:
        """Bring the model into memory; nothing happens when it is there. Must precede use."""
        ...

    async def identify(self, texts: Sequence[str]) -> tuple[tuple[LanguageGuess, ...], ...]:
        """Return guesses for each text, likeliest first, results in the order given.

        Only languages that are written in the text's script are guessed. A text without letters
        of a script that we know has no guess. Long texts are judged by a part of them.
        The event loop is not held up.

        Raises:
            ServiceUnavailableError: not loaded.
        """
        ...

    async def ping(self) -> None:
        """Return when it is loaded; else `ServiceUnavailableError`."""
        ...

    async def close(self) -> None:
        """Free the model; nothing happens when it is not loaded."""
        ...
