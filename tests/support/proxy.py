"""A TCP proxy that is slow, so that a caller can be cancelled between question and answer."""

import asyncio
import random
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.tcp import HOST, tcp_server


@asynccontextmanager
async def slow_proxy(
    port: int, *, delay_s: float, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Forward to `port` on this machine, each piece 0 to `delay_s` late; yield the proxy's port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection(HOST, port)
        try:
            await asyncio.gather(
                _forward(reader, upstream_writer, delay_s),
                _forward(upstream_reader, writer, delay_s),
            )
        finally:
            upstream_writer.close()

    async with tcp_server(serve, tls=tls) as own_port:
        yield own_port


async def _forward(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_s: float
) -> None:
    try:
        while piece := await reader.read(65_536):
            await asyncio.sleep(random.uniform(0, delay_s))  # noqa: S311 - not for secrets
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()
