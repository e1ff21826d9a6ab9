"""Where the translation service is put together, and the only place that knows its adapters."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import (
    AsyncExitStack,
    asynccontextmanager,
)
from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI

from ai4v.adapters.langid.identifier import LangidIdentifier
from ai4v.adapters.llama.translator import LlamaTranslator
from ai4v.adapters.memory.languageid import MemoryLanguageIdentifier
from ai4v.adapters.memory.store import open_memory_store
from ai4v.adapters.memory.translator import MemoryTranslator
from ai4v.adapters.valkey.connection import SCHEMES
from ai4v.adapters.valkey.store import open_valkey_store
from ai4v.kit.admission import Admission
from ai4v.kit.app import OpenAdapters, create_entrance_app, given
from ai4v.kit.health import HealthMonitor
from ai4v.kit.inference import Household, open_database, run_household
from ai4v.kit.loader import EngineLoader, start_nothing
from ai4v.kit.model import ModelStore
from ai4v.kit.serve import serve
from ai4v.kit.store import Store, pick_by_scheme
from ai4v.ports.languageid import LanguageIdentifier
from ai4v.ports.translator import Translator
from ai4v.services.nmt.intake import TextLimits
from ai4v.services.nmt.repository import RequestRepository
from ai4v.services.nmt.routes import Entrance, router
from ai4v.services.nmt.service import Engines, Limits, TranslationService
from ai4v.services.nmt.settings import NmtSettings


@dataclass(frozen=True, slots=True)
class Adapters:
    """What stands behind the ports of this service."""

    store: Store
    translator: Translator
    identifier: LanguageIdentifier
    start: Callable[[], Awaitable[None]] = start_nothing
    """What must be true before the translator is loaded; called again until it does not raise."""


def main() -> None:
    """Run the service until it is told to stop."""
    settings = NmtSettings.load()
    serve(create_app(settings), settings)


def create_app(settings: NmtSettings, *, adapters: Adapters | None = None) -> FastAPI:
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
        summary="Translation of texts, and the language they are in",
        routers=(router,),
    )


async def _open(
    settings: NmtSettings, adapters: Adapters, health: HealthMonitor, stack: AsyncExitStack
) -> Entrance:
    """Put the service together and start what runs beside it; the stack stops it in reverse."""
    database = open_database(settings, stack)
    requests = RequestRepository(database)
    retry_s = settings.load_retry_s
    engines = Engines(
        adapters.translator,
        adapters.identifier,
        EngineLoader("engine", adapters.translator, start_others=adapters.start, retry_s=retry_s),
        EngineLoader("languageid", adapters.identifier, retry_s=retry_s, is_critical=False),
    )
    loaders = (engines.translator_loader, engines.identifier_loader)
    household = Household(adapters.store, database, requests, loaders)
    instance = await run_household(settings, household, health, stack)
    limits = Limits(
        settings.max_items,
        TextLimits(settings.max_text_characters, settings.max_call_characters),
    )
    service = TranslationService(engines, requests, limits, instance_id=instance.instance_id)
    stack.push_async_callback(service.close)
    return Entrance(service, Admission(settings.queue_limit))


def choose_adapters(settings: NmtSettings) -> OpenAdapters[Adapters]:
    """Return what opens the adapters that the settings name.

    Raises:
        SystemExit: there is none of that scheme; the message lists those there are.
    """
    cache_url = settings.cache_url.get_secret_value()
    open_store = pick_by_scheme(
        _STORES, cache_url, service=settings.service, variable="AI4V_CACHE_URL"
    )
    open_translator = pick_by_scheme(
        _TRANSLATORS,
        settings.translator_url,
        service=settings.service,
        variable="AI4V_NMT_TRANSLATOR_URL",
    )
    open_identifier = pick_by_scheme(
        _IDENTIFIERS,
        settings.languageid_url,
        service=settings.service,
        variable="AI4V_NMT_LANGUAGEID_URL",
    )

    @asynccontextmanager
    async def open_adapters() -> AsyncIterator[Adapters]:
        async with (
            open_store(cache_url) as store,
            open_translator(settings) as (translator, start),
            open_identifier(settings) as identifier,
        ):
            yield Adapters(store, translator, identifier, start)

    return open_adapters


_Startable = tuple[Translator, Callable[[], Awaitable[None]]]


@asynccontextmanager
async def _open_memory_translator(_settings: NmtSettings) -> AsyncIterator[_Startable]:
    yield MemoryTranslator(), start_nothing


@asynccontextmanager
async def _open_llama(settings: NmtSettings) -> AsyncIterator[_Startable]:
    translator = LlamaTranslator.of_url(settings.translator_url, settings.model_dir)

    async def start() -> None:
        _require_model(settings, translator.info.model_id)

    async with AsyncExitStack() as stack:
        stack.push_async_callback(translator.close)
        yield translator, start


def _require_model(settings: NmtSettings, name: str) -> None:
    """Say how a model that can be pulled is had; one that an operator put there is not known."""
    store = ModelStore(settings.model_dir)
    if name in store.catalogue:
        store.path(name)


@asynccontextmanager
async def _open_memory_identifier(_settings: NmtSettings) -> AsyncIterator[LanguageIdentifier]:
    yield MemoryLanguageIdentifier()


@asynccontextmanager
async def _open_langid(settings: NmtSettings) -> AsyncIterator[LanguageIdentifier]:
    identifier = LangidIdentifier.of_url(settings.languageid_url, settings.model_dir)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(identifier.close)
        yield identifier


_STORES: Final = {"memory": open_memory_store, **dict.fromkeys(SCHEMES, open_valkey_store)}
_TRANSLATORS: Final = {"memory": _open_memory_translator, "llama": _open_llama}
_IDENTIFIERS: Final = {"memory": _open_memory_identifier, "langid": _open_langid}
