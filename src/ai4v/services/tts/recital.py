"""One text spoken to somebody who listens meanwhile: each piece is handed over as it is made."""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from ai4v.services.tts.assembly import Joiner
from ai4v.services.tts.manuscript import Manuscript
from ai4v.services.tts.pcm import PcmPacker
from ai4v.services.tts.synthesis import Narrator, UnspeakableTextError


@dataclass(frozen=True, slots=True)
class Portion:
    """The next sound, and what came of the text so far."""

    content: bytes
    """16-bit little-endian mono samples at the plan's rate."""
    is_last: bool
    audio_s: float
    """Seconds of sound so far, this included."""
    processing_s: float
    """Seconds of work so far, not of waiting for the listener."""


class Recital:
    """One text; its pieces sound as `Studio` would have made them as a whole."""

    def __init__(self, manuscript: Manuscript, narrator: Narrator) -> None:
        plan = narrator.plan
        self._manuscript = manuscript
        self._narrator = narrator
        self._source_hz = plan.info.rate_hz
        self._joiner = Joiner(rate_hz=self._source_hz, speed=plan.speed)
        self._packer = PcmPacker(source_hz=self._source_hz, rate_hz=plan.rate_hz)
        self._processing_s = 0.0

    async def portions(self) -> AsyncGenerator[Portion, None]:
        """Yield the sound piece by piece: none is empty but perhaps the last.

        While the listener is busy with one, the next is made, and no more. Close the generator:
        then nothing goes on.

        Raises:
            UnspeakableTextError: no sound came of the text, or the engine does not take it.
            DeadlineExceededError: of the synthesizer; other awaits are for the caller to bound.
            ServiceUnavailableError: the engine died or is full.
        """
        count = len(self._manuscript.pieces)
        ahead = asyncio.create_task(self._make(0))
        try:
            for following in range(1, count + 1):
                portion = await ahead
                if following < count:
                    ahead = asyncio.create_task(self._make(following))
                if portion.content or portion.is_last:
                    yield portion
        finally:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)

    async def _make(self, index: int) -> Portion:
        started_s = time.perf_counter()
        pieces = self._manuscript.pieces
        spoken = await self._narrator.say(pieces[index], self._manuscript)
        is_last = index == len(pieces) - 1

        def pack() -> bytes:
            return self._packer.pack(self._joiner.join(spoken), is_last=is_last)

        content = await asyncio.to_thread(pack)
        if is_last and not self._joiner.frames:
            raise UnspeakableTextError.silent(self._manuscript)
        self._processing_s += time.perf_counter() - started_s
        return Portion(content, is_last, self._joiner.frames / self._source_hz, self._processing_s)
