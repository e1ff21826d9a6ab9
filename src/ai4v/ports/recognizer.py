"""Port: speech becomes text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ai4v.contracts.audio import Audio
from ai4v.contracts.capability import Capability, Task
from ai4v.contracts.error import DeadlineExceededError, ServiceUnavailableError


class RecognizerUnavailableError(ServiceUnavailableError):
    """The engine is loading, died, or its queue is full."""


class RecognizerDeadlineError(DeadlineExceededError):
    """The deadline passed before the engine was done; what it was doing is given up."""


@dataclass(frozen=True, slots=True)
class RecognizerInfo:
    """What a recognizer is and can do; true before it is loaded."""

    engine: str
    model_id: str
    max_duration_s: float
    """The longest utterance it takes."""
    capabilities: tuple[Capability, ...]


@dataclass(frozen=True, slots=True)
class Utterance:
    """Speech to be recognized: mono 16 kHz, at most the recognizer's `max_duration_s`."""

    audio: Audio
    language: str | None
    """Code of the language spoken; None asks the engine to find out."""
    task: Task = Task.TRANSCRIBE
    """TRANSCRIBE writes what was said; TRANSLATE_SPEECH says it in English."""


@dataclass(frozen=True, slots=True)
class RecognizedSegment:
    """A piece of the text with its place, in seconds from the utterance's start."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was heard."""

    text: str
    """Empty when nothing was said."""
    language: str
    """As asked, or as found."""
    is_script_right: bool
    """Whether every letter of `text` is of the language's own script."""
    segments: tuple[RecognizedSegment, ...]
    """In order; their texts joined by a space are `text`."""
    confidence: float
    """Mean probability the engine gave its own tokens, 0 to 1; not a calibrated measure."""


class Recognizer(Protocol):
    """A speech engine."""

    @property
    def info(self) -> RecognizerInfo:
        """What it is and can do."""
        ...

    async def load(self) -> None:
        """Bring the model into memory; nothing happens when it is there. Must precede use."""
        ...

    async def recognize(
        self, utterances: Sequence[Utterance], *, timeout_s: float
    ) -> tuple[Recognition, ...]:
        """Recognize each utterance; results in the order given, one for each.

        An utterance never changes another's result. Cancelling leaves the engine usable.

        Raises:
            ValueError: a language or task it does not declare, a wrong rate, too long an audio.
            RecognizerUnavailableError: not loaded, queue full, or the engine died under the call.
            RecognizerDeadlineError: `timeout_s` passed.
        """
        ...

    async def ping(self) -> None:
        """Return when the engine is loaded and answers; else `RecognizerUnavailableError`."""
        ...

    async def close(self) -> None:
        """Free the model; nothing happens when it is not loaded."""
        ...
