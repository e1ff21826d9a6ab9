"""The synthesizer port without an engine: hums, longer for a longer text. For tests and demos.

Each letter, sign or digit lasts `LETTER_S` at the voice's own speed; men hum at 110 Hz and women at
220 Hz, so that a test can tell text, speed and voice from the sound.
"""

import asyncio
import unicodedata
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ai4v.contracts.audio import Audio, Samples
from ai4v.contracts.capability import Capability, Task, Tier
from ai4v.contracts.tts import Gender
from ai4v.ports.synthesizer import (
    SpokenPassage,
    SynthesizerDeadlineError,
    SynthesizerInfo,
    SynthesizerUnavailableError,
    Voice,
)

LETTER_S: Final = 0.05
_PITCH_HZ: Final = {Gender.MALE: 110.0, Gender.FEMALE: 220.0}
_PEAK: Final = 0.5
_KEPT: Final = 1000
_NOTE: Final = "Pretends: hums for as long as the text might last."


def make_info(
    *,
    engine: str = "memory",
    languages: Sequence[str] = ("hi", "en", "ta"),
    tier: Tier = Tier.DEMO,
    rate_hz: int = 22_050,
    max_characters: int = 500,
) -> SynthesizerInfo:
    """Declare a synthesizer with a woman and a man for each language: `<engine>-hi-f` ..."""
    return SynthesizerInfo(
        engine=engine,
        model_id=engine,
        rate_hz=rate_hz,
        max_characters=max_characters,
        voices=tuple(
            Voice(
                f"{engine}-{language}-{gender.value[0]}",
                f"{engine} {language} {gender}",
                gender,
                (language,),
            )
            for language in languages
            for gender in (Gender.FEMALE, Gender.MALE)
        ),
        capabilities=tuple(
            Capability(
                task=Task.SYNTHESIZE,
                language=language,
                tier=tier,
                engine=engine,
                model_id=engine,
                note=_NOTE,
            )
            for language in languages
        ),
    )


@dataclass(frozen=True, slots=True)
class MemoryTrouble:
    """What goes wrong on purpose."""

    seconds_per_passage: float = 0.0
    """How long each takes, one at a time; more than any deadline is an engine that hangs."""
    deadly_text: str = ""
    """A passage that holds it fails as if the engine had died under it; empty: none does."""
    is_unloadable: bool = False
    """Whether `load` fails."""


class MemorySynthesizer:
    """A `Synthesizer` that does one passage at a time and remembers the last thousand."""

    def __init__(
        self, info: SynthesizerInfo | None = None, trouble: MemoryTrouble | None = None
    ) -> None:
        self._info = info or make_info()
        self._is_loaded = False
        self._turn = asyncio.Lock()
        self.trouble = trouble or MemoryTrouble()
        """May be exchanged at any time."""
        self.spoken: deque[SpokenPassage] = deque(maxlen=_KEPT)
        """What was spoken to the end, the oldest first."""

    @property
    def info(self) -> SynthesizerInfo:
        """As the port says."""
        return self._info

    async def load(self) -> None:
        """As the port says."""
        if self.trouble.is_unloadable:
            raise SynthesizerUnavailableError("the synthesizer cannot be loaded")
        self._is_loaded = True

    async def ping(self) -> None:
        """As the port says."""
        if not self._is_loaded:
            raise SynthesizerUnavailableError("the synthesizer is not loaded")

    async def close(self) -> None:
        """As the port says."""
        self._is_loaded = False

    async def synthesize(self, passage: SpokenPassage, *, timeout_s: float) -> Audio:
        """As the port says."""
        voice = self._check(passage)
        await self.ping()
        trouble = self.trouble
        try:
            async with asyncio.timeout(timeout_s), self._turn:
                await asyncio.sleep(trouble.seconds_per_passage)
        except TimeoutError:
            raise SynthesizerDeadlineError(f"not done within {timeout_s:g} s") from None
        if trouble.deadly_text and trouble.deadly_text in passage.text:
            raise SynthesizerUnavailableError("the synthesizer is not running")
        self.spoken.append(passage)
        samples = _hum(passage, _PITCH_HZ[voice.gender], self._info.rate_hz)
        return Audio(samples, self._info.rate_hz)

    def _check(self, passage: SpokenPassage) -> Voice:
        """Find the voice of a passage that the port allows."""
        voices = {voice.voice_id: voice for voice in self._info.voices}
        voice = voices.get(passage.voice_id)
        if voice is None or passage.language not in voice.languages:
            raise ValueError(f"no voice {passage.voice_id!r} for language {passage.language!r}")
        if len(passage.text) > self._info.max_characters:
            raise ValueError(f"a passage has at most {self._info.max_characters} characters")
        if not 0.5 <= passage.speed <= 2:
            raise ValueError("the speed is 0.5 to 2")
        return voice


def _hum(passage: SpokenPassage, pitch_hz: float, rate_hz: int) -> Samples:
    letters = sum(unicodedata.category(sign)[0] in "LMN" for sign in passage.text)
    seconds = letters * LETTER_S / passage.speed
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    return (_PEAK * np.sin(2 * np.pi * pitch_hz * times)).astype(np.float32)
