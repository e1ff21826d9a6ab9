"""The recognizer port without an engine: says how much sound it was given. For tests and demos.

Its text is the language's own name, once for each second of sound begun, so that a test can tell
order, language and duration from it; silence gives no text.
"""

import asyncio
import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from ai4v.contracts.audio import SPEECH_RATE_HZ, Audio
from ai4v.contracts.capability import Capability, Task, Tier
from ai4v.contracts.language import LANGUAGES
from ai4v.ports.recognizer import (
    Recognition,
    RecognizedSegment,
    RecognizerDeadlineError,
    RecognizerInfo,
    RecognizerUnavailableError,
    Utterance,
)

_ENGINE: Final = "memory"
_LONGEST_S: Final = 30.0
_QUIET_PEAK: Final = 1e-3
_FOUND: Final = "hi"
_LANGUAGES: Final = ("en", "hi", "ta", "ur")


def _declare() -> tuple[Capability, ...]:
    return tuple(
        Capability(
            task=task,
            language=language,
            tier=Tier.DEMO,
            engine=_ENGINE,
            model_id=_ENGINE,
            note="Pretends: writes the language's name for each second of sound.",
        )
        for task in (Task.TRANSCRIBE, Task.TRANSLATE_SPEECH)
        for language in _LANGUAGES
        if task is Task.TRANSCRIBE or language != "en"
    )


class MemoryRecognizer:
    """A `Recognizer` that needs `seconds_per_utterance` for each and does one at a time."""

    def __init__(self, *, seconds_per_utterance: float = 0.0) -> None:
        self._pause_s = seconds_per_utterance
        self._is_loaded = False
        self._turn = asyncio.Lock()
        self._info = RecognizerInfo(_ENGINE, _ENGINE, _LONGEST_S, _declare())

    @property
    def info(self) -> RecognizerInfo:
        """As the port says."""
        return self._info

    async def load(self) -> None:
        """As the port says."""
        self._is_loaded = True

    async def ping(self) -> None:
        """As the port says."""
        if not self._is_loaded:
            raise RecognizerUnavailableError("the recognizer is not loaded")

    async def close(self) -> None:
        """As the port says."""
        self._is_loaded = False

    async def recognize(
        self, utterances: Sequence[Utterance], *, timeout_s: float
    ) -> tuple[Recognition, ...]:
        """As the port says."""
        for utterance in utterances:
            self._check(utterance)
        await self.ping()
        try:
            async with asyncio.timeout(timeout_s), self._turn:
                await asyncio.sleep(self._pause_s * len(utterances))
        except TimeoutError:
            raise RecognizerDeadlineError(f"not done within {timeout_s:g} s") from None
        return tuple(_recognize(utterance) for utterance in utterances)

    def _check(self, utterance: Utterance) -> None:
        language = utterance.language or _FOUND
        offered = {(offer.task, offer.language) for offer in self._info.capabilities}
        if (utterance.task, language) not in offered:
            raise ValueError(f"no {utterance.task} for language {language!r}")
        if utterance.audio.rate_hz != SPEECH_RATE_HZ:
            raise ValueError(f"audio must be at {SPEECH_RATE_HZ} Hz")
        if utterance.audio.duration_s > _LONGEST_S:
            raise ValueError(f"an utterance lasts at most {_LONGEST_S:g} s")


def _recognize(utterance: Utterance) -> Recognition:
    language = utterance.language or _FOUND
    written = "en" if utterance.task is Task.TRANSLATE_SPEECH else language
    count = math.ceil(utterance.audio.duration_s) if _is_audible(utterance.audio) else 0
    text = " ".join([LANGUAGES[written].native_name] * count)
    segments = (RecognizedSegment(0.0, utterance.audio.duration_s, text),) if text else ()
    return Recognition(
        text, language, is_script_right=True, segments=segments, confidence=1.0 if text else 0.0
    )


def _is_audible(audio: Audio) -> bool:
    return bool(np.any(np.abs(audio.samples) > _QUIET_PEAK))
