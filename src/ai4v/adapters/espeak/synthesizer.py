"""The rule-based synthesizer that services use: espeak-ng in a worker process."""

from typing import Final

import numpy as np

from ai4v.adapters.espeak.speaker import METHOD, Settings, SpeakReply, SpeakRequest
from ai4v.adapters.espeak.voice import SPEECH_VOICES, declare
from ai4v.contracts.audio import Audio
from ai4v.contracts.error import PlatformError
from ai4v.kit.worker.limit import Limits
from ai4v.kit.worker.parent import Worker
from ai4v.kit.worker.spec import (
    WorkerBusyError,
    WorkerCallError,
    WorkerDeadlineError,
    WorkerDiedError,
    WorkerSpec,
)
from ai4v.ports.synthesizer import (
    SpokenPassage,
    SynthesizerDeadlineError,
    SynthesizerInfo,
    SynthesizerUnavailableError,
)

_MEMORY_BYTES: Final = 1024**3
_QUEUE_LIMIT: Final = 64


class EspeakSynthesizer:
    """A `Synthesizer`; belongs to the event loop that loads it."""

    def __init__(self) -> None:
        self._info = declare()
        self._languages = {voice.voice_id: voice.languages for voice in self._info.voices}
        self._worker = Worker(
            WorkerSpec(
                name="rule-based synthesizer",
                factory="ai4v.adapters.espeak.speaker:SPEAKER",
                settings=Settings(),
                limits=Limits(address_space_bytes=_MEMORY_BYTES, threads=1),
                stop_grace_s=0.5,
                queue_limit=_QUEUE_LIMIT,
                backoff_max_s=1.0,
            )
        )

    @property
    def info(self) -> SynthesizerInfo:
        """As the port says."""
        return self._info

    @property
    def pid(self) -> int | None:
        """Process id of the worker; None when there is none."""
        return self._worker.pid

    async def load(self) -> None:
        """Start the worker; `SynthesizerUnavailableError` when it cannot."""
        try:
            await self._worker.start()
        except WorkerDiedError as error:
            raise _unavailable(error) from error

    async def ping(self) -> None:
        """As the port says."""
        try:
            await self._worker.ping()
        except (WorkerDiedError, WorkerBusyError, WorkerDeadlineError) as error:
            raise _unavailable(error) from error

    async def close(self) -> None:
        """End the worker; calls inside fail."""
        await self._worker.close()

    async def synthesize(self, passage: SpokenPassage, *, timeout_s: float) -> Audio:
        """Speak in the worker; as the port says, and ValueError for text of over 600 s too."""
        self._check(passage)
        try:
            _, samples = await self._worker.call(
                METHOD,
                SpeakRequest(
                    passage.text.encode(errors="replace"),
                    SPEECH_VOICES[passage.voice_id],
                    passage.speed,
                ),
                response=SpeakReply,
                timeout_s=timeout_s,
            )
        except WorkerDeadlineError as error:
            raise SynthesizerDeadlineError(error.message) from error
        except (WorkerBusyError, WorkerCallError, WorkerDiedError) as error:
            raise _unavailable(error) from error
        return Audio(np.frombuffer(samples, np.float32), self._info.rate_hz)

    def _check(self, passage: SpokenPassage) -> None:
        if passage.language not in self._languages.get(passage.voice_id, ()):
            raise ValueError(f"no voice {passage.voice_id!r} for language {passage.language!r}")
        if len(passage.text) > self._info.max_characters:
            raise ValueError(f"a passage has at most {self._info.max_characters} characters")
        if not 0.5 <= passage.speed <= 2:
            raise ValueError("the speed is 0.5 to 2")


def _unavailable(error: PlatformError) -> SynthesizerUnavailableError:
    return SynthesizerUnavailableError(error.message, retry_after_s=error.retry_after_s or 2)
