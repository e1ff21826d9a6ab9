"""Where the speech service is put together, and the only place that knows its adapters."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import (
    AsyncExitStack,
    asynccontextmanager,
)
from dataclasses import dataclass, field
from typing import Final

from fastapi import FastAPI

from ai4v.adapters.memory.audiocodec import MemoryAudioCodec
from ai4v.adapters.memory.recognizer import MemoryRecognizer
from ai4v.adapters.memory.store import open_memory_store
from ai4v.adapters.memory.voiceactivity import MemoryVoiceActivityDetector
from ai4v.adapters.silero.detector import SileroVoiceActivityDetector
from ai4v.adapters.sndfile.codec import SndfileCodec
from ai4v.adapters.valkey.connection import SCHEMES
from ai4v.adapters.valkey.store import open_valkey_store
from ai4v.adapters.web.fetcher import WebFetcher
from ai4v.adapters.whisper.recognizer import WhisperRecognizer
from ai4v.kit.admission import Admission
from ai4v.kit.app import OpenAdapters, create_entrance_app, given
from ai4v.kit.health import HealthMonitor
from ai4v.kit.inference import (
    Check,
    Household,
    open_database,
    run_household,
)
from ai4v.kit.loader import EngineLoader, start_nothing
from ai4v.kit.model import ModelStore
from ai4v.kit.serve import serve
from ai4v.kit.store import Store, pick_by_scheme
from ai4v.ports.audiocodec import AudioCodec
from ai4v.ports.fetcher import Fetcher
from ai4v.ports.recognizer import Recognizer
from ai4v.ports.voiceactivity import VoiceActivityDetector
from ai4v.services.asr.body import BodyReader
from ai4v.services.asr.repository import RequestRepository
from ai4v.services.asr.routes import Entrance, router
from ai4v.services.asr.service import SpeechService
from ai4v.services.asr.settings import AsrSettings
from ai4v.services.asr.transcriber import Bounds, Transcriber


@dataclass(frozen=True, slots=True)
class Engines:
    """What carries out the work."""

    recognizer: Recognizer
    codec: AudioCodec
    vad: VoiceActivityDetector
    start: Callable[[], Awaitable[None]] = start_nothing
    """Starts codec and detector; called again until it does not raise."""
    checks: Mapping[str, Check] = field(default_factory=dict)
    """Codec and detector by their names in health, where they can be asked."""


@dataclass(frozen=True, slots=True)
class Adapters:
    """What stands behind the ports of this service."""

    store: Store
    engines: Engines
    fetcher: Fetcher


def main() -> None:
    """Run the service until it is told to stop."""
    settings = AsrSettings.load()
    serve(create_app(settings), settings)


def create_app(settings: AsrSettings, *, adapters: Adapters | None = None) -> FastAPI:
    """Make the app.

    Args:
        settings: of this process.
        adapters: opened and closed by the caller; None: those that the settings name.

    Raises:
        SystemExit: the settings name an adapter that there is not.
    """
    open_adapters = choose_adapters(settings) if adapters is None else given(adapters)
    return create_entrance_app(
        settings,
        open_adapters,
        _open,
        summary="Speech to text, and speech to English text",
        routers=(router,),
    )


async def _open(
    settings: AsrSettings, adapters: Adapters, health: HealthMonitor, stack: AsyncExitStack
) -> Entrance:
    """Put the service together and start what runs beside it; the stack stops it in reverse."""
    engines = adapters.engines
    database = open_database(settings, stack)
    requests = RequestRepository(database)
    engine = EngineLoader(
        "engine", engines.recognizer, start_others=engines.start, retry_s=settings.load_retry_s
    )
    household = Household(adapters.store, database, requests, (engine,), engines.checks)
    instance = await run_household(settings, household, health, stack)
    service = SpeechService(
        _transcriber(settings, adapters),
        requests,
        engine,
        engines.recognizer.info,
        instance_id=instance.instance_id,
    )
    stack.push_async_callback(service.close)
    return Entrance(service, BodyReader(settings.max_items), Admission(settings.queue_limit))


def _transcriber(settings: AsrSettings, adapters: Adapters) -> Transcriber:
    engines = adapters.engines
    bounds = Bounds(
        max_audio_s=settings.max_audio_s,
        max_file_bytes=settings.max_body_bytes,
        fetch_timeout_s=settings.fetch_timeout_s,
        concurrency=settings.concurrency,
    )
    return Transcriber(engines.codec, engines.vad, engines.recognizer, adapters.fetcher, bounds)


def choose_adapters(settings: AsrSettings) -> OpenAdapters[Adapters]:
    """Return what opens the adapters that the settings name.

    Raises:
        SystemExit: there is none of that scheme; the message lists those there are.
    """
    cache_url = settings.cache_url.get_secret_value()
    open_store = pick_by_scheme(
        _STORES, cache_url, service=settings.service, variable="AI4V_CACHE_URL"
    )
    open_engines = pick_by_scheme(
        _ENGINES,
        settings.recognizer_url,
        service=settings.service,
        variable="AI4V_ASR_RECOGNIZER_URL",
    )

    @asynccontextmanager
    async def open_adapters() -> AsyncIterator[Adapters]:
        async with (
            open_store(cache_url) as store,
            open_engines(settings) as engines,
            _open_fetcher(settings) as fetcher,
        ):
            yield Adapters(store, engines, fetcher)

    return open_adapters


@asynccontextmanager
async def _open_fetcher(settings: AsrSettings) -> AsyncIterator[Fetcher]:
    fetcher = WebFetcher(allowed_origins=settings.fetch_origins)
    try:
        yield fetcher
    finally:
        await fetcher.close()


@asynccontextmanager
async def _open_memory_engines(_settings: AsrSettings) -> AsyncIterator[Engines]:
    codec, vad = MemoryAudioCodec(), MemoryVoiceActivityDetector()
    yield Engines(MemoryRecognizer(), codec, vad)


@asynccontextmanager
async def _open_whisper(settings: AsrSettings) -> AsyncIterator[Engines]:
    codec, vad = SndfileCodec(), SileroVoiceActivityDetector()
    recognizer = WhisperRecognizer.of_url(settings.recognizer_url, settings.model_dir)

    async def start() -> None:
        _require_model(settings, recognizer.info.model_id)
        await codec.start()
        await vad.start()

    async with AsyncExitStack() as stack:
        for engine in (codec, vad, recognizer):
            stack.push_async_callback(engine.close)
        checks = {"decoder": codec.ping, "voiceactivity": vad.ping}
        yield Engines(recognizer, codec, vad, start, checks)


def _require_model(settings: AsrSettings, name: str) -> None:
    """Say how a model that can be pulled is had; one that an operator put there is not known."""
    store = ModelStore(settings.model_dir)
    if name in store.catalogue:
        store.path(name)


_STORES: Final = {"memory": open_memory_store, **dict.fromkeys(SCHEMES, open_valkey_store)}
_ENGINES: Final = {"memory": _open_memory_engines, "whisper": _open_whisper}
