"""A server on a raw socket that does to its clients whatever a test says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""One connection; it is closed when this returns."""


class Peer:
    """Where the server is, and how often it was connected to."""

    def __init__(self) -> None:
        self.base_url = ""
        self.connections = 0


@asynccontextmanager
async def open_peer(talk: Talk) -> AsyncIterator[Peer]:
    """Serve each connection with `talk`; end what is left of them at the end."""
    peer = Peer()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        peer.connections += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await talk(reader, writer)
            writer.close()
        except asyncio.CancelledError:
            writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()
        tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        peer.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield peer
        left = tuple(tasks)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)


def answer_with(answer: bytes, *, then_close: bool = False) -> Talk:
    """Answer every request that has no body with `answer`."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(answer)
            await writer.drain()
            if then_close:
                return

    return talk
