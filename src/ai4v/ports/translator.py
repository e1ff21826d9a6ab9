"""Port: text in one language becomes text in another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ai4v.contracts.capability import Capability
from ai4v.contracts.error import DeadlineExceededError, ServiceUnavailableError


class TranslatorUnavailableError(ServiceUnavailableError):
    """The engine is loading, died, or its queue is full."""


class TranslatorDeadlineError(DeadlineExceededError):
    """The deadline passed before the engine was done; what it was doing is given up."""


@dataclass(frozen=True, slots=True)
class TranslatorInfo:
    """What a translator is and can do; true before it is loaded."""

    engine: str
    model_id: str
    max_characters: int
    """The longest passage it takes."""
    capabilities: tuple[Capability, ...]
    """One for each direction it goes by itself, with the task TRANSLATE and a target language."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence or so to be translated: one line, not empty."""

    text: str
    source: str
    """Code of its language."""
    target: str
    """Code of the language wanted; another one."""
    keep: tuple[str, ...] = ()
    """Strings of the text that should stand in the translation as they are: numbers, addresses.

    The engine does what it can; whoever needs them all looks."""


@dataclass(frozen=True, slots=True)
class Translation:
    """What a passage became."""

    text: str
    """One line; may be empty when the engine had nothing to say."""
    is_whole: bool
    """False: the engine ran into its length limit, so the end is missing or it went in circles."""


class Translator(Protocol):
    """A translating engine."""

    @property
    def info(self) -> TranslatorInfo:
        """What it is and can do."""
        ...

    async def load(self) -> None:
        """Bring the model into memory; nothing happens when it is there. Must precede use."""
        ...

    async def translate(
        self, passages: Sequence[Passage], *, timeout_s: float
    ) -> tuple[Translation, ...]:
        """Translate each passage; results in the order given, one for each.

        A passage never changes another's result, and the same passage gives the same result.
        The letters of a result are of the target's own script, apart from what was to be kept.
        Cancelling leaves the engine usable.

        Raises:
            ValueError: a direction it does not declare, an empty or too long text, a line break.
            TranslatorUnavailableError: not loaded, queue full, or the engine died under the call.
            TranslatorDeadlineError: `timeout_s` passed.
        """
        ...

    async def ping(self) -> None:
        """Return when the engine is loaded and answers; else `TranslatorUnavailableError`."""
        ...

    async def close(self) -> None:
        """Free the model; nothing happens when it is not loaded."""
        ...
