"""A TCP proxy that is slow, so that a caller can be cancelled between question and answer."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.tcp import HOST, forward, tcp_server


@asynccontextmanager
async def slow_proxy(
    port: int, *, delay_s: float, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Forward to `port` on this machine, each piece 0 to `delay_s` late; yield the proxy's port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection(HOST, port)
        try:
            await asyncio.gather(
                forward(reader, upstream_writer, delay_s=delay_s),
                forward(upstream_reader, writer, delay_s=delay_s),
            )
        finally:
            upstream_writer.close()

    async with tcp_server(serve, tls=tls) as own_port:
        yield own_port
