"""A TCP proxy that is slow, so that a caller can be cancelled between question and answer."""

import asyncio
import random
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_HOST = "127.0.0.1"


@asynccontextmanager
async def slow_proxy(
    port: int, *, delay_s: float, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Forward to `port` on this machine, each piece 0 to `delay_s` late; yield the proxy's port."""
    tasks: set[asyncio.Task[None]] = set()
    writers: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        upstream_reader, upstream_writer = await asyncio.open_connection(_HOST, port)
        both = {writer, upstream_writer}
        writers.update(both)
        await asyncio.gather(
            _forward(reader, upstream_writer, delay_s), _forward(upstream_reader, writer, delay_s)
        )
        writers.difference_update(both)
        tasks.discard(task)

    server = await asyncio.start_server(serve, _HOST, 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]
    for writer in writers:
        writer.close()
    if tasks:
        await asyncio.wait(tasks)


async def _forward(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_s: float
) -> None:
    try:
        while piece := await reader.read(65_536):
            await asyncio.sleep(random.uniform(0, delay_s))  # noqa: S311 - not for secrets
            writer.write(piece)
            await writer.drain()
        writer.close()
    except ConnectionError:
        writer.close()
