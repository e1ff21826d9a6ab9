"""Port: text becomes speech."""

from dataclasses import dataclass
from typing import Protocol

from ai4v.contracts.audio import Audio
from ai4v.contracts.capability import Capability
from ai4v.contracts.error import DeadlineExceededError, ServiceUnavailableError
from ai4v.contracts.tts import Gender


class SynthesizerUnavailableError(ServiceUnavailableError):
    """The engine is loading, died, or its queue is full."""


class SynthesizerDeadlineError(DeadlineExceededError):
    """The deadline passed before the engine was done; what it was doing is given up."""


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody who speaks."""

    voice_id: str
    """Unique on the platform; engines prefix theirs where others might have the same."""
    name: str
    gender: Gender
    languages: tuple[str, ...]
    """Codes of the languages it speaks; the first voice of a language is its default."""


@dataclass(frozen=True, slots=True)
class SynthesizerInfo:
    """What a synthesizer is and can do; true before it is loaded."""

    engine: str
    model_id: str
    rate_hz: int
    """Of all its sound."""
    max_characters: int
    """The longest passage it takes."""
    voices: tuple[Voice, ...]
    capabilities: tuple[Capability, ...]
    """One for each language spoken, with the task SYNTHESIZE."""


@dataclass(frozen=True, slots=True)
class SpokenPassage:
    """A sentence or so to be spoken: plain text with its punctuation, numbers already in words."""

    text: str
    language: str
    voice_id: str
    speed: float = 1.0
    """1 is the voice's own; 0.5 to 2."""


class Synthesizer(Protocol):
    """A speaking engine."""

    @property
    def info(self) -> SynthesizerInfo:
        """What it is and can do."""
        ...

    async def load(self) -> None:
        """Bring the model into memory; nothing happens when it is there. Must precede use."""
        ...

    async def synthesize(self, passage: SpokenPassage, *, timeout_s: float) -> Audio:
        """Speak one passage.

        The sound is mono at `info.rate_hz`, within [-1, 1] and not clipped; at its ends there may
        be silence. Text without anything to say gives no samples. Memory is bounded whatever the
        text. Cancelling leaves the engine usable.

        Raises:
            ValueError: a voice or language it does not declare, too long a text, a wrong speed.
            SynthesizerUnavailableError: not loaded, queue full, or the engine died under the call.
            SynthesizerDeadlineError: `timeout_s` passed.
        """
        ...

    async def ping(self) -> None:
        """Return when the engine is loaded and answers; else `SynthesizerUnavailableError`."""
        ...

    async def close(self) -> None:
        """Free the model; nothing happens when it is not loaded."""
        ...
