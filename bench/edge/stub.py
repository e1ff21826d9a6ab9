"""The translation service on an engine that takes 50 ms and holds nobody up meanwhile."""

import asyncio
from collections.abc import Sequence
from typing import Final

from ai4v.adapters.memory.languageid import MemoryLanguageIdentifier
from ai4v.adapters.memory.translator import MemoryTranslator
from ai4v.adapters.valkey.cache import ValkeyCache
from ai4v.adapters.valkey.connection import ValkeyConnection
from ai4v.adapters.valkey.registry import ValkeyRegistry
from ai4v.kit.serve import serve
from ai4v.kit.store import Store
from ai4v.ports.translator import Passage, Translation
from ai4v.services.nmt import app as nmt
from ai4v.services.nmt.settings import NmtSettings

ENGINE_S: Final = 0.05


class StubTranslator(MemoryTranslator):
    """Pretends, in 50 ms."""

    async def translate(
        self, passages: Sequence[Passage], *, timeout_s: float
    ) -> tuple[Translation, ...]:
        """Wait, then respell."""
        await asyncio.sleep(ENGINE_S)
        return await super().translate(passages, timeout_s=timeout_s)


def main() -> None:
    """Serve until ended; settings come from the environment as the service's do."""
    settings = NmtSettings.load()
    connection = ValkeyConnection(settings.cache_url.get_secret_value())
    store = Store(ValkeyCache(connection), ValkeyRegistry(connection))
    adapters = nmt.Adapters(store, StubTranslator(), MemoryLanguageIdentifier())
    serve(nmt.create_app(settings, adapters=adapters), settings)


if __name__ == "__main__":
    main()
