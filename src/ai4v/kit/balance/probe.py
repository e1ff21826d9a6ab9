"""How an instance is asked for its health."""

import asyncio
from typing import Protocol

import httpx2

from ai4v.contracts.error import PlatformError
from ai4v.ports.registry import Instance
from ai4v.ports.upstream import Upstream, UpstreamRequest


class Prober(Protocol):
    """Asks one instance."""

    async def is_well(self, instance: Instance, path: str, *, timeout_s: float) -> bool:
        """Whether GET `path` answers 2xx within `timeout_s`; raises nothing."""
        ...


class UpstreamProber:
    """Asks over the upstream port."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def is_well(self, instance: Instance, path: str, *, timeout_s: float) -> bool:
        """Ask."""
        request = UpstreamRequest("GET", instance.base_url, path.encode(), ())
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._upstream.send(request)
        except (PlatformError, TimeoutError):
            return False
        answer.close()
        return 200 <= answer.status < 300


class ClientProber:
    """Asks over an HTTP client."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    async def is_well(self, instance: Instance, path: str, *, timeout_s: float) -> bool:
        """Ask."""
        try:
            answer = await self._http.get(instance.base_url + path, timeout=timeout_s)
        except httpx2.HTTPError:
            return False
        return answer.is_success
