"""From manuscripts to files: speak each piece, join the pieces, pack the whole."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

from ai4v.contracts.error import FieldError, ValidationError
from ai4v.kit.deadline import Deadline
from ai4v.ports.audiocodec import AudioCodec, EncodedAudio
from ai4v.ports.synthesizer import SpokenPassage, Synthesizer
from ai4v.services.tts.assembly import SpokenPiece, assemble, is_silent
from ai4v.services.tts.manuscript import Manuscript
from ai4v.services.tts.plan import Plan
from ai4v.services.tts.sentence import Piece

_LONG_CALL: Final = 1_000
"""Characters to be spoken: about a minute of sound, which takes some 6 MB."""


class UnspeakableTextError(ValidationError):
    """The engine made no sound of a text, which is no success, or did not take it."""

    @classmethod
    def of(cls, manuscript: Manuscript, message: str) -> "UnspeakableTextError":
        """Name the item."""
        problem = FieldError(path=manuscript.path, message=message)
        return cls(f"{manuscript.path}: {message}", errors=[problem])

    @classmethod
    def silent(cls, manuscript: Manuscript) -> "UnspeakableTextError":
        """Say that nothing of the item can be heard."""
        return cls.of(manuscript, "the voice makes no sound of this text")


@dataclass(frozen=True, slots=True)
class Speech:
    """What became of one item."""

    file: EncodedAudio
    audio_s: float
    characters: int
    processing_s: float


@dataclass(frozen=True, slots=True)
class Narrator:
    """The engine that carries out a plan for one call."""

    synthesizer: Synthesizer
    plan: Plan
    deadline: Deadline

    async def say(self, piece: Piece, manuscript: Manuscript) -> SpokenPiece:
        """Speak one piece of `manuscript`.

        Raises:
            UnspeakableTextError: the engine does not take it.
            DeadlineExceededError, ServiceUnavailableError: as the synthesizer says.
        """
        plan = self.plan
        language = plan.choice.reading.spoken_as.code
        passage = SpokenPassage(piece.text, language, plan.voice_id, plan.speed)
        timeout_s = self.deadline.remaining_s()
        try:
            audio = await self.synthesizer.synthesize(passage, timeout_s=timeout_s)
        except ValueError:
            message = "the engine cannot speak this text"
            raise UnspeakableTextError.of(manuscript, message) from None
        return SpokenPiece(audio, piece.pause)


class Studio:
    """Carries out plans on the engines; at most `concurrency` long calls at once.

    Short calls hold little sound and do not wait: a few long ones would else keep everybody out.
    """

    def __init__(self, codec: AudioCodec, *, concurrency: int, item_concurrency: int) -> None:
        """Prepare.

        Args:
            codec: packs the sound.
            concurrency: long calls whose sound is in memory at once.
            item_concurrency: items of one call that are spoken at once; the pieces of an item go
                to the engine one after another, so that other callers come between.
        """
        self._codec = codec
        self._slots = asyncio.Semaphore(concurrency)
        self._item_concurrency = item_concurrency

    async def speak(
        self, manuscripts: Sequence[Manuscript], narrator: Narrator
    ) -> tuple[Speech, ...]:
        """Return one speech for each manuscript, in order, or fail as a whole.

        Raises:
            UnspeakableTextError: `errors` names the item.
            DeadlineExceededError: of the synthesizer; other awaits are for the caller to bound.
            ServiceUnavailableError: an engine died or is full.
        """
        places = asyncio.Semaphore(self._item_concurrency)

        async def speak_one(manuscript: Manuscript) -> Speech:
            async with places:
                return await self._speak(manuscript, narrator)

        async with self._slots if _is_long(manuscripts) else nullcontext():
            tasks = [asyncio.create_task(speak_one(item)) for item in manuscripts]
            try:
                return tuple(await asyncio.gather(*tasks))
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)

    async def _speak(self, manuscript: Manuscript, narrator: Narrator) -> Speech:
        started_s = time.perf_counter()
        plan = narrator.plan
        spoken = [await narrator.say(piece, manuscript) for piece in manuscript.pieces]
        whole = await asyncio.to_thread(
            assemble, spoken, rate_hz=plan.info.rate_hz, speed=plan.speed
        )
        spoken.clear()
        if is_silent(whole):
            raise UnspeakableTextError.silent(manuscript)
        file = await self._codec.encode(whole, kind=plan.audio_format, rate_hz=plan.rate_hz)
        spent_s = time.perf_counter() - started_s
        return Speech(file, whole.duration_s, manuscript.characters, spent_s)


def _is_long(manuscripts: Sequence[Manuscript]) -> bool:
    return sum(len(piece.text) for item in manuscripts for piece in item.pieces) > _LONG_CALL
