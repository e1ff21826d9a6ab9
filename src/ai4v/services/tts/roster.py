"""The engines that speak: which there are, and which of them are really there."""

from collections.abc import Awaitable, Callable, Sequence

from ai4v.contracts.error import ServiceUnavailableError
from ai4v.kit.loader import EngineLoader, start_nothing
from ai4v.ports.synthesizer import Synthesizer, SynthesizerInfo, SynthesizerUnavailableError


class Performer:
    """One engine with what loads it.

    An engine whose model was left out at the install is not waited for: after its first attempt
    has failed, the others do without it until it comes.
    """

    def __init__(
        self,
        synthesizer: Synthesizer,
        *,
        start: Callable[[], Awaitable[None]] = start_nothing,
        retry_s: float,
    ) -> None:
        """Prepare.

        Args:
            synthesizer: what speaks.
            start: before it loads: what it needs beside it; may be called again.
            retry_s: between attempts to load.
        """
        self.synthesizer = synthesizer
        self._start = start
        self._has_failed = False
        self.loader = EngineLoader(
            synthesizer.info.engine, self, retry_s=retry_s, is_critical=False
        )

    @property
    def info(self) -> SynthesizerInfo:
        """What the engine declares."""
        return self.synthesizer.info

    @property
    def is_missing(self) -> bool:
        """Whether it was tried to load the engine, in vain so far."""
        return self._has_failed and not self.loader.is_loaded

    async def load(self) -> None:
        """Start and load, for the loader; notes when that fails."""
        try:
            await self._start()
            await self.synthesizer.load()
        except ServiceUnavailableError:
            self._has_failed = True
            raise

    async def ping(self) -> None:
        """Return when the engine answers, for the loader."""
        await self.synthesizer.ping()


class Roster:
    """All engines, the preferred first."""

    def __init__(self, performers: Sequence[Performer]) -> None:
        self.performers = tuple(performers)

    @property
    def infos(self) -> tuple[SynthesizerInfo, ...]:
        """What all engines declare."""
        return tuple(performer.info for performer in self.performers)

    @property
    def present(self) -> tuple[SynthesizerInfo, ...]:
        """What those engines declare that are there, or not known to be missing."""
        return tuple(item.info for item in self.performers if not item.is_missing)

    def require(self, engine: str) -> Synthesizer:
        """Return an engine, loaded.

        Raises:
            EngineUnavailableError: it is not; the message says why, and how to mend it.
        """
        performer = next(item for item in self.performers if item.info.engine == engine)
        performer.loader.require()
        return performer.synthesizer

    async def check(self) -> None:
        """Return when every engine was tried and one answers, or raise what is wrong."""
        for performer in self.performers:
            if not performer.is_missing:
                performer.loader.require()
        failure = SynthesizerUnavailableError("there is no engine")
        for performer in self.performers:
            try:
                await performer.loader.check()
            except ServiceUnavailableError as error:
                failure = SynthesizerUnavailableError(error.message)
            else:
                return
        raise failure
