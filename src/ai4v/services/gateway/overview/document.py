"""The API of the platform as its live services describe it themselves."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from pydantic import TypeAdapter, ValidationError

from ai4v import __version__
from ai4v.contracts.error import PlatformError
from ai4v.kit.balance import InstanceSource
from ai4v.kit.clock import Clock
from ai4v.kit.topology import Service
from ai4v.services.gateway.door.flight import SharedAnswer
from ai4v.services.gateway.overview.inquiry import Inquirer
from ai4v.services.gateway.overview.openapi import Document, MergedDocument

_TIMEOUT_S: Final = 1.5
_FRESH_S: Final = 10.0
_OWN_PREFIXES: Final = ("/api/v1",)
_DOCUMENT: Final = TypeAdapter(Document)


class ApiDocument:
    """Merges the descriptions of all live services, at most once in 10 s.

    Args:
        own: makes the gateway's own description.
        services: those that have prefixes are asked.
        source: knows their live instances.
        inquirer: asks an instance.
        clock: measures how old the document is.
    """

    def __init__(
        self,
        own: Callable[[], Document],
        services: Sequence[Service],
        *,
        source: InstanceSource,
        inquirer: Inquirer,
        clock: Clock,
    ) -> None:
        self._own = own
        self._services = tuple(service for service in services if service.prefixes)
        self._source = source
        self._inquirer = inquirer
        self._shared = SharedAnswer(self._merge, ttl_s=_FRESH_S, clock=clock)

    async def get(self) -> Document:
        """Return the merged description; a service that is down is missing from it."""
        return await self._shared.get()

    async def close(self) -> None:
        """Give up what is being asked."""
        await self._shared.close()

    async def _merge(self) -> Document:
        merged = MergedDocument("AI4V-C", __version__)
        merged.add("gateway", self._own(), _OWN_PREFIXES)
        found = await asyncio.gather(*(self._fetch(service) for service in self._services))
        for service, document in zip(self._services, found, strict=True):
            if document is not None:
                merged.add(service.name, document, service.prefixes)
        return merged.build()

    async def _fetch(self, service: Service) -> Document | None:
        for instance in self._source.instances(service.name):
            try:
                reply = await self._inquirer.ask(instance, "/openapi.json", timeout_s=_TIMEOUT_S)
                return _DOCUMENT.validate_json(reply.content)
            except (PlatformError, ValidationError):
                continue
        return None
