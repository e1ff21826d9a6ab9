"""Port: where in the sound is speech?"""

from dataclasses import dataclass
from typing import Protocol

from ai4v.contracts.audio import Audio


@dataclass(frozen=True, slots=True)
class SpeechSpan:
    """A stretch of speech, in seconds from the start of the audio; `start_s < end_s`."""

    start_s: float
    end_s: float


class VoiceActivityDetector(Protocol):
    """Finds speech."""

    async def detect(self, audio: Audio) -> tuple[SpeechSpan, ...]:
        """Return the spans of speech, in order, apart from each other; empty for silence.

        Args:
            audio: mono at 16 kHz; another rate is a ValueError.

        Raises:
            ServiceUnavailableError: the engine died.
        """
        ...
