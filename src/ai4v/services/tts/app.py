"""Where the text to speech service is put together; the only place that knows its adapters."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import (
    AsyncExitStack,
    asynccontextmanager,
)
from dataclasses import dataclass, field
from typing import Final

from fastapi import FastAPI

from ai4v.adapters.espeak.phonemizer import EspeakPhonemizer
from ai4v.adapters.espeak.synthesizer import EspeakSynthesizer
from ai4v.adapters.kokoro.synthesizer import KokoroSynthesizer
from ai4v.adapters.memory.audiocodec import MemoryAudioCodec
from ai4v.adapters.memory.store import open_memory_store
from ai4v.adapters.memory.synthesizer import MemorySynthesizer
from ai4v.adapters.numtowords.speller import IndicNumberSpeller
from ai4v.adapters.sndfile.codec import SndfileCodec, SndfileOptions
from ai4v.adapters.valkey.connection import SCHEMES
from ai4v.adapters.valkey.store import open_valkey_store
from ai4v.kit.admission import Admission
from ai4v.kit.app import OpenAdapters, create_entrance_app, given
from ai4v.kit.health import HealthMonitor
from ai4v.kit.inference import (
    Check,
    Household,
    open_database,
    run_household,
)
from ai4v.kit.model import ModelStore
from ai4v.kit.serve import serve
from ai4v.kit.store import Store, pick_by_scheme
from ai4v.ports.audiocodec import AudioCodec
from ai4v.ports.numberspeller import NumberSpeller
from ai4v.ports.synthesizer import Synthesizer
from ai4v.services.tts import stream
from ai4v.services.tts.body import BodyReader
from ai4v.services.tts.manuscript import Editor
from ai4v.services.tts.repository import RequestRepository
from ai4v.services.tts.roster import Performer, Roster
from ai4v.services.tts.routes import Entrance, router
from ai4v.services.tts.service import SpeechService
from ai4v.services.tts.settings import TtsSettings
from ai4v.services.tts.synthesis import Studio


@dataclass(frozen=True, slots=True)
class Engines:
    """What carries out the work."""

    performers: tuple[Performer, ...]
    """The preferred first."""
    codec: AudioCodec
    speller: NumberSpeller
    checks: Mapping[str, Check] = field(default_factory=dict)
    """The codec by its name in health, where it can be asked."""


@dataclass(frozen=True, slots=True)
class Adapters:
    """What stands behind the ports of this service."""

    store: Store
    engines: Engines


_PACKING_S: Final = 120.0
"""For one file; the deadline of the request bounds it too. The longest text that is taken makes a
quarter of an hour of sound, an mp3 of which may take half a minute on a busy machine."""


def main() -> None:
    """Run the service until it is told to stop."""
    settings = TtsSettings.load()
    serve(create_app(settings), settings)


def create_app(settings: TtsSettings, *, adapters: Adapters | None = None) -> FastAPI:
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
        summary="Text to speech",
        routers=(router, stream.router),
    )


async def _open(
    settings: TtsSettings, adapters: Adapters, health: HealthMonitor, stack: AsyncExitStack
) -> Entrance:
    """Put the service together and start what runs beside it; the stack stops it in reverse."""
    engines = adapters.engines
    database = open_database(settings, stack)
    requests = RequestRepository(database)
    roster = Roster(engines.performers)
    household = Household(
        adapters.store,
        database,
        requests,
        [performer.loader for performer in engines.performers],
        {"engine": roster.check, **engines.checks},
    )
    instance = await run_household(settings, household, health, stack)
    service = SpeechService(
        Editor(engines.speller, settings.max_characters, settings.max_spoken_characters),
        Studio(
            engines.codec,
            concurrency=settings.concurrency,
            item_concurrency=settings.item_concurrency,
        ),
        roster,
        requests,
        instance_id=instance.instance_id,
    )
    stack.push_async_callback(service.close)
    return Entrance(service, BodyReader(settings.max_items), Admission(settings.queue_limit))


def choose_adapters(settings: TtsSettings) -> OpenAdapters[Adapters]:
    """Return what opens the adapters that the settings name.

    Raises:
        SystemExit: there is none of that scheme; the message lists those there are.
    """
    cache_url = settings.cache_url.get_secret_value()
    open_store = pick_by_scheme(
        _STORES, cache_url, service=settings.service, variable="AI4V_CACHE_URL"
    )
    for url in settings.synthesizer_urls:
        pick_by_scheme(
            _SYNTHESIZERS,
            url,
            service=settings.service,
            variable="each of AI4V_TTS_SYNTHESIZER_URLS",
        )

    @asynccontextmanager
    async def open_adapters() -> AsyncIterator[Adapters]:
        async with open_store(cache_url) as store, AsyncExitStack() as stack:
            yield Adapters(store, await _open_engines(settings, stack))

    return open_adapters


async def _open_engines(settings: TtsSettings, stack: AsyncExitStack) -> Engines:
    """Make the engines; the stack closes them. Their loaders start them, and the codec first."""
    speller = IndicNumberSpeller()
    if all(url.startswith("memory:") for url in settings.synthesizer_urls):
        hummer = Performer(MemorySynthesizer(), retry_s=settings.load_retry_s)
        return Engines((hummer,), MemoryAudioCodec(), speller)
    codec = SndfileCodec(SndfileOptions(timeout_s=_PACKING_S))
    stack.push_async_callback(codec.close)
    performers = []
    for url in settings.synthesizer_urls:
        synthesizer = _SYNTHESIZERS[url.partition("://")[0]](settings, url)
        stack.push_async_callback(synthesizer.close)
        start = _starter(settings, synthesizer.info.model_id, codec)
        performers.append(Performer(synthesizer, start=start, retry_s=settings.load_retry_s))
    return Engines(tuple(performers), codec, speller, {"encoder": codec.ping})


def _starter(
    settings: TtsSettings, model_id: str, codec: SndfileCodec
) -> Callable[[], Awaitable[None]]:
    """Return what comes before an engine is loaded."""
    store = ModelStore(settings.model_dir)

    async def start() -> None:
        await codec.start()
        if model_id in store.catalogue:
            store.path(model_id)  # says how the model is had when it is not there

    return start


def _make_espeak(_settings: TtsSettings, _url: str) -> Synthesizer:
    return EspeakSynthesizer()


def _make_kokoro(settings: TtsSettings, url: str) -> Synthesizer:
    return KokoroSynthesizer.of_url(url, settings.model_dir, EspeakPhonemizer())


def _make_memory(_settings: TtsSettings, _url: str) -> Synthesizer:
    return MemorySynthesizer()


_STORES: Final = {"memory": open_memory_store, **dict.fromkeys(SCHEMES, open_valkey_store)}
_SYNTHESIZERS: Final = {"espeak": _make_espeak, "kokoro": _make_kokoro, "memory": _make_memory}
