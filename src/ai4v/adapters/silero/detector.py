"""The voice activity detector that services use: Silero in a worker process.

Seconds of work on long audio, much of it in Python, so it has its own process and not a thread.
"""

from dataclasses import dataclass, field

from ai4v.adapters.silero.engine import DetectReply, DetectRequest, Settings
from ai4v.adapters.silero.hysteresis import Rule
from ai4v.contracts.audio import SPEECH_RATE_HZ, Audio
from ai4v.contracts.error import ServiceUnavailableError
from ai4v.kit.worker.limit import Limits
from ai4v.kit.worker.parent import Worker
from ai4v.kit.worker.spec import (
    WorkerBusyError,
    WorkerCallError,
    WorkerDeadlineError,
    WorkerDiedError,
    WorkerSpec,
)
from ai4v.ports.voiceactivity import SpeechSpan


class VoiceActivityUnavailableError(ServiceUnavailableError):
    """The detector died, is too busy or did not answer in time."""


@dataclass(frozen=True, slots=True)
class SileroOptions:
    """What counts as speech, and what the detector may use."""

    rule: Rule = field(default_factory=Rule)
    timeout_s: float = 60.0
    """For one audio, the wait for its turn included."""
    queue_limit: int = 32


class SileroVoiceActivityDetector:
    """A `VoiceActivityDetector`; `start` before use, `close` at the end."""

    def __init__(self, options: SileroOptions | None = None) -> None:
        self._options = options or SileroOptions()
        self._worker = Worker(
            WorkerSpec(
                name="voice activity detector",
                factory="ai4v.adapters.silero.engine:DETECTOR",
                settings=Settings(self._options.rule),
                limits=Limits(threads=1),
                stop_grace_s=0.5,
                queue_limit=self._options.queue_limit,
            )
        )

    @property
    def pid(self) -> int | None:
        """Process id of the detector; None when there is none."""
        return self._worker.pid

    async def start(self) -> None:
        """Load the model; `ServiceUnavailableError` when it cannot."""
        await self._worker.start()

    async def ping(self) -> None:
        """Return when the detector answers; else `ServiceUnavailableError`."""
        await self._worker.ping()

    async def close(self) -> None:
        """End the detector; nothing is left running."""
        await self._worker.close()

    async def detect(self, audio: Audio) -> tuple[SpeechSpan, ...]:
        """Find speech in the worker; as the port says."""
        if audio.rate_hz != SPEECH_RATE_HZ:
            raise ValueError(f"the rate is {audio.rate_hz} Hz, not {SPEECH_RATE_HZ}")
        try:
            reply, _ = await self._worker.call(
                "detect",
                DetectRequest(),
                audio.samples.data,
                response=DetectReply,
                timeout_s=self._options.timeout_s,
            )
        except (WorkerBusyError, WorkerCallError, WorkerDeadlineError, WorkerDiedError) as error:
            raise VoiceActivityUnavailableError("speech could not be looked for now") from error
        return tuple(
            SpeechSpan(start / SPEECH_RATE_HZ, end / SPEECH_RATE_HZ) for start, end in reply.spans
        )
