"""A web server whose every byte a test decides."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.conformance.fetcher import CONTENT, OTHER
from tests.support.tcp import tcp_server

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def whole(content: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """A complete answer."""
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", *headers, "", "")
    return "\r\n".join(lines).encode() + content


def says(answer: bytes) -> Answer:
    """Send these bytes and hang up."""

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    return send


async def never(writer: asyncio.StreamWriter) -> None:
    """Send nothing until the other side hangs up."""
    await writer.wait_closed()


@dataclass
class Site:
    """What is served, and what was asked."""

    port: int = 0
    pages: dict[str, Answer] = field(
        default_factory=lambda: {
            "/content": says(whole(CONTENT)),
            "/other": says(whole(OTHER)),
            "/silent": never,
        }
    )
    heads: list[str] = field(default_factory=list)
    open_count: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and hang up."""
        self.open_count += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.heads.append(head)
            page = self.pages.get(head.split(" ")[1], says(whole(b"", "404 Not Found")))
            await page(writer)
        finally:
            self.open_count -= 1


@asynccontextmanager
async def open_site(context: ssl.SSLContext | None = None) -> AsyncIterator[Site]:
    """Serve on a free port of this machine, over TLS with a context."""
    site = Site()
    async with tcp_server(site.serve, tls=context) as site.port:
        yield site
