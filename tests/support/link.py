"""A way to PostgreSQL that a test can cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import make_url

from tests.support.tcp import HOST, TcpServer, forward


class Link:
    """Forwards connections until it is cut; then nobody answers any more."""

    def __init__(self, port: int) -> None:
        self._upstream_port = port
        self._server = TcpServer(self._serve)

    async def open(self) -> int:
        return await self._server.open()

    async def cut(self) -> None:
        await self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection(HOST, self._upstream_port)
        try:
            await asyncio.gather(forward(reader, up_writer), forward(up_reader, writer))
        finally:
            up_writer.transport.abort()


@asynccontextmanager
async def linked(url: str) -> AsyncIterator[tuple[Link, str]]:
    """Yield a link to the database of `url`, and the URL that goes through it."""
    whole = make_url(url)
    link = Link(whole.port or 5432)
    port = await link.open()
    yield link, whole.set(port=port).render_as_string(hide_password=False)
    await link.cut()
