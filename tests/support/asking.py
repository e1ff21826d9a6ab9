"""Plain questions to a raw server."""

import asyncio

from ai4v.ports.upstream import Upstream, UpstreamRequest
from tests.conformance.upstream import read_all

GOOD = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood"


def get(base_url: str, method: str = "GET") -> UpstreamRequest:
    """Return a request without a body."""
    return UpstreamRequest(method, base_url, b"/x", [])


async def ask(upstream: Upstream, base_url: str, method: str = "GET") -> tuple[int, bytes]:
    """Return status and body of an answer."""
    async with asyncio.timeout(10):
        answer = await upstream.send(get(base_url, method))
        return answer.status, await read_all(answer)
