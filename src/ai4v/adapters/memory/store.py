"""The shared store of a service that is alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ai4v.adapters.memory.cache import MemoryCache
from ai4v.adapters.memory.registry import MemoryRegistry
from ai4v.kit.store import Store


@asynccontextmanager
async def open_memory_store(_url: str) -> AsyncIterator[Store]:
    """Open `memory://`."""
    yield Store(MemoryCache(), MemoryRegistry())
