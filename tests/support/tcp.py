"""A TCP server on this machine that leaves no connection behind, whenever it is told to stop."""

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

HOST = "127.0.0.1"

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""One connection; it is closed when this returns, and reset when this is cancelled."""


class TcpServer:
    """Serves each connection with `talk`; a ConnectionError of it is the end of that one."""

    def __init__(self, talk: Talk, *, tls: ssl.SSLContext | None = None) -> None:
        self._talk = talk
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def open(self) -> int:
        """Listen on a free port, and return it."""
        # asyncio drops a coroutine that it has not begun when it is told to stop, and with it the
        # connection: so this is a function, which is called at once.
        self._server = await asyncio.start_server(self._accept, HOST, 0, ssl=self._tls)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Accept no more, and reset what is open; again: nothing happens."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        talks = dict(self._talks)
        for task in talks:
            task.cancel()
        if talks:
            await asyncio.wait(talks)
        for writer in talks.values():
            with suppress(ConnectionError):
                await writer.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._converse(reader, writer))
        self._talks[task] = writer
        task.add_done_callback(self._end)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._talk(reader, writer)

    def _end(self, task: asyncio.Task[None]) -> None:
        writer = self._talks.pop(task)
        if task.cancelled():
            writer.transport.abort()
        else:
            writer.close()
            task.result()


@asynccontextmanager
async def tcp_server(talk: Talk, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve each connection with `talk`; yield the port."""
    server = TcpServer(talk, tls=tls)
    port = await server.open()
    try:
        yield port
    finally:
        await server.close()


async def forward(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, delay_s: float = 0.0
) -> None:
    """Pass on all that comes, each piece 0 to `delay_s` late.

    Close when it has ended, or when nobody takes it any more.
    """
    try:
        while piece := await reader.read(65_536):
            if delay_s:
                await asyncio.sleep(random.uniform(0, delay_s))  # noqa: S311 - not for secrets
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()
