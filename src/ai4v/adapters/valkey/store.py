"""The shared store in Valkey or Redis."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ai4v.adapters.valkey.cache import ValkeyCache
from ai4v.adapters.valkey.connection import ValkeyConnection
from ai4v.adapters.valkey.registry import ValkeyRegistry
from ai4v.kit.store import Store


@asynccontextmanager
async def open_valkey_store(url: str) -> AsyncIterator[Store]:
    """Open a URL of one of `connection.SCHEMES`; one connection pool for all of it."""
    async with ValkeyConnection(url) as connection:
        yield Store(ValkeyCache(connection), ValkeyRegistry(connection))
