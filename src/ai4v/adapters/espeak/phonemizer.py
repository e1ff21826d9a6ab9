"""The phonemizer that other engines use: espeak-ng in a worker process."""

from collections.abc import Sequence
from typing import Final

from ai4v.adapters.espeak.phoneme import METHOD, PhonemizeReply, PhonemizeRequest, Settings
from ai4v.adapters.espeak.voice import PHONEME_VOICES
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
from ai4v.ports.phonemizer import PhonemizerDeadlineError, PhonemizerUnavailableError

_MEMORY_BYTES: Final = 512 * 1024**2
_QUEUE_LIMIT: Final = 64


class EspeakPhonemizer:
    """A `Phonemizer`; belongs to the event loop that loads it."""

    def __init__(self) -> None:
        self._worker = Worker(
            WorkerSpec(
                name="phonemizer",
                factory="ai4v.adapters.espeak.phoneme:PHONEMIZER",
                settings=Settings(),
                limits=Limits(address_space_bytes=_MEMORY_BYTES, threads=1),
                stop_grace_s=0.5,
                queue_limit=_QUEUE_LIMIT,
                backoff_max_s=1.0,
            )
        )

    @property
    def tags(self) -> tuple[str, ...]:
        """As the port says."""
        return tuple(PHONEME_VOICES)

    @property
    def pid(self) -> int | None:
        """Process id of the worker; None when there is none."""
        return self._worker.pid

    async def load(self) -> None:
        """Start the worker; `PhonemizerUnavailableError` when it cannot."""
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

    async def phonemize(
        self, texts: Sequence[str], tag: str, *, timeout_s: float
    ) -> tuple[str, ...]:
        """As the port says; Latin words in Indian text are said by English rules."""
        voice = PHONEME_VOICES.get(tag)
        if voice is None:
            raise ValueError(f"no phonemes for language {tag!r}")
        encoded = [text.encode(errors="replace") for text in texts]
        try:
            reply, _ = await self._worker.call(
                METHOD,
                PhonemizeRequest(encoded, voice),
                response=PhonemizeReply,
                timeout_s=timeout_s,
            )
        except WorkerDeadlineError as error:
            raise PhonemizerDeadlineError(error.message) from error
        except (WorkerBusyError, WorkerCallError, WorkerDiedError) as error:
            raise _unavailable(error) from error
        return tuple(reply.phonemes)


def _unavailable(error: PlatformError) -> PhonemizerUnavailableError:
    return PhonemizerUnavailableError(error.message, retry_after_s=error.retry_after_s or 2)
