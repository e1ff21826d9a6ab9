"""The neural synthesizer that services use: Kokoro in a worker process, fed segment by segment.

Each segment is a call of its own and the worker takes calls in their order, so a long passage lets
others in between.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import parse_qs, urlsplit

import msgspec
import numpy as np

from ai4v.adapters.kokoro.engine import METHOD, Settings, SpeakReply, SpeakRequest
from ai4v.adapters.kokoro.model import read_vocabulary
from ai4v.adapters.kokoro.segment import Segment, cut
from ai4v.adapters.kokoro.sound import join
from ai4v.adapters.kokoro.symbol import to_symbols
from ai4v.adapters.kokoro.voice import declare, phoneme_tag
from ai4v.contracts.audio import Audio, Samples
from ai4v.contracts.error import PlatformError
from ai4v.kit.model import ModelMissingError
from ai4v.kit.worker.limit import Limits
from ai4v.kit.worker.parent import Worker
from ai4v.kit.worker.spec import (
    WorkerBusyError,
    WorkerCallError,
    WorkerDeadlineError,
    WorkerDiedError,
    WorkerSpec,
)
from ai4v.ports.phonemizer import (
    Phonemizer,
    PhonemizerDeadlineError,
    PhonemizerUnavailableError,
)
from ai4v.ports.synthesizer import (
    SpokenPassage,
    SynthesizerDeadlineError,
    SynthesizerInfo,
    SynthesizerUnavailableError,
)

_LONGEST_SEGMENT_S: Final = 30.0
"""A segment whose caller has gone may run this long before the worker counts as stuck."""
_GIVING_BACK: Final = dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), "1048576")
"""glibc is to give back what the engine frees, at once: its own thresholds grow with what is freed,
and the process with the longest segment, from 180 to over 300 MB."""
_MOST_SYMBOLS: Final = 3000
"""Of one passage; some 200 s of sound, which no text that people write comes near."""


@dataclass(frozen=True, slots=True)
class KokoroOptions:
    """What the engine may use."""

    threads: int = 2
    queue_limit: int = 32
    """Segments that may wait: one for each caller."""


class KokoroSynthesizer:
    """A `Synthesizer`; belongs to the event loop that loads it, and so does its phonemizer."""

    def __init__(
        self, folder: Path, phonemizer: Phonemizer, options: KokoroOptions | None = None
    ) -> None:
        """Declare what there will be.

        Args:
            folder: holds kokoro.onnx, config.json and voices/*.bin; its name is the model's id.
            phonemizer: knows hi, en-US and en-GB; loaded and closed with this.
            options: what the engine may use.
        """
        options = options or KokoroOptions()
        self._folder = folder
        self._phonemizer = phonemizer
        self._info = declare(folder.name)
        self._languages = {voice.voice_id: voice.languages for voice in self._info.voices}
        self._vocabulary: Mapping[str, int] = {}
        self._worker = Worker(
            WorkerSpec(
                name="neural synthesizer",
                factory="ai4v.adapters.kokoro.engine:SPEAKER",
                settings=Settings(str(folder), options.threads),
                limits=Limits(threads=options.threads),
                environment=_GIVING_BACK,
                call_grace_s=_LONGEST_SEGMENT_S,
                queue_limit=options.queue_limit,
            )
        )

    @classmethod
    def of_url(cls, url: str, model_dir: Path, phonemizer: Phonemizer) -> Self:
        """Make one from `kokoro://<size>?threads=2`; ValueError when the URL is another.

        Args:
            url: names the model `kokoro-<size>`.
            model_dir: holds a folder for each model.
            phonemizer: loaded and closed with the synthesizer.
        """
        parts = urlsplit(url)
        options = parse_qs(parts.query, strict_parsing=bool(parts.query))
        if parts.scheme != "kokoro" or not parts.netloc or options.keys() - {"threads"}:
            raise ValueError("a neural synthesizer's URL is kokoro://<size>?threads=2")
        threads = int(options.get("threads", ["2"])[0])
        folder = model_dir / f"kokoro-{parts.netloc}"
        return cls(folder, phonemizer, KokoroOptions(threads=threads))

    @property
    def info(self) -> SynthesizerInfo:
        """As the port says."""
        return self._info

    @property
    def pid(self) -> int | None:
        """Process id of the worker; None when there is none."""
        return self._worker.pid

    async def load(self) -> None:
        """Load the phonemizer and start the worker.

        Raises:
            SynthesizerUnavailableError: one of them cannot; the message says how to get a model
                that is missing.
        """
        try:
            self._vocabulary = await asyncio.to_thread(read_vocabulary, self._folder)
            await self._phonemizer.load()
            await self._worker.start()
        except (ModelMissingError, PhonemizerUnavailableError, WorkerDiedError) as error:
            raise _unavailable(error) from error
        except (OSError, msgspec.DecodeError) as error:
            raise SynthesizerUnavailableError(
                f"the model {self._folder.name} cannot be read ({type(error).__name__})"
            ) from error

    async def ping(self) -> None:
        """As the port says."""
        try:
            await self._worker.ping()
            await self._phonemizer.ping()
        except (
            PhonemizerUnavailableError,
            WorkerDiedError,
            WorkerBusyError,
            WorkerDeadlineError,
        ) as error:
            raise _unavailable(error) from error

    async def close(self) -> None:
        """End the worker and the phonemizer; calls inside fail."""
        await self._worker.close()
        await self._phonemizer.close()

    async def synthesize(self, passage: SpokenPassage, *, timeout_s: float) -> Audio:
        """As the port says; ValueError too for text of over 3000 phonemes."""
        self._check(passage)
        try:
            async with asyncio.timeout(timeout_s):
                segments = await self._segments(passage, timeout_s)
                parts = [
                    (await self._speak(each, passage, timeout_s), each.pause_s / passage.speed)
                    for each in segments
                ]
        except (TimeoutError, PhonemizerDeadlineError, WorkerDeadlineError) as error:
            message = f"the neural synthesizer was not done within {timeout_s:g} s"
            raise SynthesizerDeadlineError(message) from error
        except (
            PhonemizerUnavailableError,
            WorkerBusyError,
            WorkerCallError,
            WorkerDiedError,
        ) as error:
            raise _unavailable(error) from error
        return Audio(join(parts), self._info.rate_hz)

    async def _segments(self, passage: SpokenPassage, timeout_s: float) -> tuple[Segment, ...]:
        tag = phoneme_tag(passage.voice_id)
        (phonemes,) = await self._phonemizer.phonemize([passage.text], tag, timeout_s=timeout_s)
        symbols, _ = to_symbols(phonemes, tag, self._vocabulary)
        if len(symbols) > _MOST_SYMBOLS:
            raise ValueError(f"a passage has at most {_MOST_SYMBOLS} phonemes")
        return cut(symbols, speed=passage.speed)

    async def _speak(self, segment: Segment, passage: SpokenPassage, timeout_s: float) -> Samples:
        tokens = [self._vocabulary[sign] for sign in segment.symbols]
        _, samples = await self._worker.call(
            METHOD,
            SpeakRequest(tokens, passage.voice_id, passage.speed),
            response=SpeakReply,
            timeout_s=timeout_s,
        )
        return np.frombuffer(samples, np.float32)

    def _check(self, passage: SpokenPassage) -> None:
        if passage.language not in self._languages.get(passage.voice_id, ()):
            raise ValueError(f"no voice {passage.voice_id!r} for language {passage.language!r}")
        if len(passage.text) > self._info.max_characters:
            raise ValueError(f"a passage has at most {self._info.max_characters} characters")
        if not 0.5 <= passage.speed <= 2:
            raise ValueError("the speed is 0.5 to 2")


def _unavailable(error: PlatformError) -> SynthesizerUnavailableError:
    return SynthesizerUnavailableError(error.message, retry_after_s=error.retry_after_s or 2)
