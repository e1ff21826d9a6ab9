"""Where the speech service is put together, and the only place that knows its adapters."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
)
from dataclasses import dataclass, field
from typing import Final, TypeVar

from fastapi import FastAPI

from ai4v.adapters.memory.audiocodec import MemoryAudioCodec
from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.recognizer import MemoryRecognizer
from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.adapters.memory.voiceactivity import MemoryVoiceActivityDetector
from ai4v.adapters.silero.detector import SileroVoiceActivityDetector
from ai4v.adapters.sndfile.codec import SndfileCodec
from ai4v.adapters.valkey.cache import ValkeyCache
from ai4v.adapters.valkey.connection import SCHEMES, ValkeyConnection
from ai4v.adapters.valkey.registry import ValkeyRegistry
from ai4v.adapters.whisper.recognizer import WhisperRecognizer
from ai4v.kit.app import AppPlan, create_service_app
from ai4v.kit.background import beside
from ai4v.kit.database import Database
from ai4v.kit.health import HealthMonitor
from ai4v.kit.identity import TokenVerifier
from ai4v.kit.listing import listed
from ai4v.kit.model import ModelStore
from ai4v.kit.serve import serve
from ai4v.ports.audiocodec import AudioCodec
from ai4v.ports.cache import Cache
from ai4v.ports.recognizer import Recognizer
from ai4v.ports.registry import Registry
from ai4v.ports.voiceactivity import VoiceActivityDetector
from ai4v.services.asr.admission import Admission
from ai4v.services.asr.body import BodyReader
from ai4v.services.asr.loader import EngineLoader
from ai4v.services.asr.repository import RequestRepository
from ai4v.services.asr.routes import Entrance, router
from ai4v.services.asr.service import SpeechService
from ai4v.services.asr.settings import AsrSettings
from ai4v.services.asr.sweeper import Sweeper, SweepTimes
from ai4v.services.asr.transcriber import Transcriber


async def _start_nothing() -> None:
    """Fit adapters that need no start."""


Checks = Mapping[str, Callable[[], Awaitable[None]]]


@dataclass(frozen=True, slots=True)
class Adapters:
    """What stands behind the ports of this service."""

    recognizer: Recognizer
    codec: AudioCodec
    vad: VoiceActivityDetector
    cache: Cache
    registry: Registry
    start: Callable[[], Awaitable[None]] = _start_nothing
    """Starts codec and detector; called again until it does not raise."""
    checks: Checks = field(default_factory=dict)
    """Codec and detector by their names in health, where they can be asked."""


OpenAdapters = Callable[[], AbstractAsyncContextManager[Adapters]]


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
    open_adapters = choose_adapters(settings) if adapters is None else _given(adapters)
    health = HealthMonitor(settings.service)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[Mapping[str, Entrance]]:
        async with AsyncExitStack() as stack:
            chosen = await stack.enter_async_context(open_adapters())
            yield {"entrance": await _open(settings, chosen, health, stack)}

    plan = AppPlan(
        service=settings.service,
        summary="Speech to text, and speech to English text",
        routers=(router,),
        lifespan=lifespan,
        max_body_bytes=settings.max_body_bytes,
    )
    public_key = settings.internal_public_key.get_secret_value()
    verifier = TokenVerifier(public_key, audience=settings.service)
    return create_service_app(plan, health=health, verifier=verifier)


async def _open(
    settings: AsrSettings, adapters: Adapters, health: HealthMonitor, stack: AsyncExitStack
) -> Entrance:
    """Put the service together and start what runs beside it; the stack stops it in reverse."""
    url = settings.database_url.get_secret_value()
    database = Database(url, pool_size=settings.database_pool)
    stack.push_async_callback(database.close)
    instance = await stack.enter_async_context(
        listed(adapters.registry, settings.service, settings.base_url, health)
    )
    requests = RequestRepository(database)
    engine = EngineLoader(
        adapters.recognizer, start_others=adapters.start, retry_s=settings.load_retry_s
    )
    times = SweepTimes(settings.sweep_interval_s, settings.sweep_lease_s, settings.sweep_grace_s)
    sweeper = Sweeper(requests, adapters.registry, instance, times)
    await stack.enter_async_context(beside("engine loader", engine.run()))
    await stack.enter_async_context(beside("sweeper", sweeper.run()))
    service = SpeechService(
        _transcriber(settings, adapters),
        requests,
        engine,
        adapters.recognizer.info,
        instance_id=instance.instance_id,
    )
    stack.push_async_callback(service.close)
    health.watch("postgres", database.ping)
    health.watch("engine", engine.check)
    for name, check in adapters.checks.items():
        health.watch(name, check)
    health.watch("valkey", adapters.cache.ping, is_critical=False)
    return Entrance(service, BodyReader(settings.max_items), Admission(settings.queue_limit))


def _transcriber(settings: AsrSettings, adapters: Adapters) -> Transcriber:
    return Transcriber(
        adapters.codec,
        adapters.vad,
        adapters.recognizer,
        max_audio_s=settings.max_audio_s,
        concurrency=settings.concurrency,
    )


def _given(adapters: Adapters) -> OpenAdapters:
    return lambda: nullcontext(adapters)


def choose_adapters(settings: AsrSettings) -> OpenAdapters:
    """Return what opens the adapters that the settings name.

    Raises:
        SystemExit: there is none of that scheme; the message lists those there are.
    """
    cache_url = settings.cache_url.get_secret_value()
    open_store = _pick(_STORES, "AI4V_CACHE_URL", cache_url)
    open_engines = _pick(_ENGINES, "AI4V_ASR_RECOGNIZER_URL", settings.recognizer_url)

    @asynccontextmanager
    async def open_adapters() -> AsyncIterator[Adapters]:
        async with open_store(cache_url) as store, open_engines(settings) as engines:
            yield Adapters(
                engines.recognizer,
                engines.codec,
                engines.vad,
                store.cache,
                store.registry,
                engines.start,
                engines.checks,
            )

    return open_adapters


_Opener = TypeVar("_Opener")


def _pick(openers: Mapping[str, _Opener], variable: str, url: str) -> _Opener:
    opener = openers.get(url.partition("://")[0])
    if opener is None:
        known = ", ".join(f"{name}://" for name in openers)
        raise SystemExit(f"asr cannot start: {variable} must begin with one of {known}")
    return opener


@dataclass(frozen=True, slots=True)
class _Store:
    cache: Cache
    registry: Registry


@dataclass(frozen=True, slots=True)
class _Engines:
    recognizer: Recognizer
    codec: AudioCodec
    vad: VoiceActivityDetector
    start: Callable[[], Awaitable[None]]
    checks: Checks


@asynccontextmanager
async def _open_memory_store(_url: str) -> AsyncIterator[_Store]:
    yield _Store(MemoryCache(), MemoryRegistry())


@asynccontextmanager
async def _open_valkey(url: str) -> AsyncIterator[_Store]:
    async with ValkeyConnection(url) as connection:
        yield _Store(ValkeyCache(connection), ValkeyRegistry(connection))


@asynccontextmanager
async def _open_memory_engines(_settings: AsrSettings) -> AsyncIterator[_Engines]:
    codec, vad = MemoryAudioCodec(), MemoryVoiceActivityDetector()
    yield _Engines(MemoryRecognizer(), codec, vad, _start_nothing, {})


@asynccontextmanager
async def _open_whisper(settings: AsrSettings) -> AsyncIterator[_Engines]:
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
        yield _Engines(recognizer, codec, vad, start, checks)


def _require_model(settings: AsrSettings, name: str) -> None:
    """Say how a model that can be pulled is had; one that an operator put there is not known."""
    store = ModelStore(settings.model_dir)
    if name in store.catalogue:
        store.path(name)


_STORES: Final = {"memory": _open_memory_store, **dict.fromkeys(SCHEMES, _open_valkey)}
_ENGINES: Final = {"memory": _open_memory_engines, "whisper": _open_whisper}
