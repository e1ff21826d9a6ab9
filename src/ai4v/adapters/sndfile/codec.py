"""The audio codec that services use: libsndfile and soxr in a worker process."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ai4v.adapters.sndfile.engine import (
    DecodeReply,
    DecodeRequest,
    EncodeReply,
    EncodeRequest,
    Refusal,
    Settings,
)
from ai4v.contracts.audio import Audio
from ai4v.contracts.error import PlatformError
from ai4v.contracts.tts import SpeechFormat
from ai4v.kit.worker.limit import Limits
from ai4v.kit.worker.parent import Worker
from ai4v.kit.worker.spec import (
    WorkerBusyError,
    WorkerCallError,
    WorkerDeadlineError,
    WorkerDiedError,
    WorkerSpec,
)
from ai4v.ports.audiocodec import (
    AudioCodecUnavailableError,
    AudioFormatError,
    AudioTooLongError,
    EncodedAudio,
    InvalidAudioError,
    RawFormat,
)

_FAILURES: Final = (WorkerBusyError, WorkerCallError, WorkerDeadlineError, WorkerDiedError)
_REFUSALS: Final[dict[Refusal, type[PlatformError]]] = {
    "invalid": InvalidAudioError,
    "too_long": AudioTooLongError,
    "format": AudioFormatError,
}


@dataclass(frozen=True, slots=True)
class SndfileOptions:
    """What its process may use."""

    memory_bytes: int = 1024**3
    """Address space."""
    timeout_s: float = 30.0
    """For one file, the wait for its turn included."""
    queue_limit: int = 32


class SndfileCodec:
    """An `AudioCodec` whose worker may die of an input without harm to anybody else.

    `start` before use, `close` at the end.
    """

    def __init__(self, options: SndfileOptions | None = None) -> None:
        self._options = options or SndfileOptions()
        self._worker = Worker(
            WorkerSpec(
                name="audio codec",
                factory="ai4v.adapters.sndfile.engine:CODEC",
                settings=Settings(),
                limits=Limits(address_space_bytes=self._options.memory_bytes, threads=1),
                stop_grace_s=0.5,
                queue_limit=self._options.queue_limit,
                backoff_max_s=1.0,
            )
        )

    @property
    def pid(self) -> int | None:
        """Process id of the worker; None when there is none."""
        return self._worker.pid

    async def start(self) -> None:
        """Start the worker; `ServiceUnavailableError` when it cannot."""
        await self._worker.start()

    async def ping(self) -> None:
        """Return when the worker answers; else `ServiceUnavailableError`."""
        await self._worker.ping()

    async def close(self) -> None:
        """End the worker; nothing is left running."""
        await self._worker.close()

    async def decode(
        self, content: bytes, *, rate_hz: int, max_duration_s: float, raw: RawFormat | None = None
    ) -> Audio:
        """Decode in the worker; as the port says.

        An mp3 or an unended ogg that is cut exactly between two frames or pages cannot be told
        from a whole one and is taken.
        """
        try:
            reply, payload = await self._worker.call(
                "decode",
                DecodeRequest(rate_hz, max_duration_s, raw),
                content,
                response=DecodeReply,
                timeout_s=self._options.timeout_s,
            )
        except _FAILURES as error:
            raise AudioCodecUnavailableError("the audio could not be decoded now") from error
        if reply.refusal != "none":
            raise _REFUSALS[reply.refusal](reply.message)
        return Audio(np.frombuffer(payload, np.float32), rate_hz)

    async def encode(self, audio: Audio, *, kind: SpeechFormat, rate_hz: int) -> EncodedAudio:
        """Encode in the worker; as the port says. The same sound gives the same bytes."""
        samples = np.ascontiguousarray(audio.samples, np.float32)
        try:
            reply, content = await self._worker.call(
                "encode",
                EncodeRequest(audio.rate_hz, kind, rate_hz),
                samples.view(np.uint8).data,
                response=EncodeReply,
                timeout_s=self._options.timeout_s,
            )
        except _FAILURES as error:
            raise AudioCodecUnavailableError("the audio could not be encoded now") from error
        return EncodedAudio(bytes(content), reply.rate_hz)
