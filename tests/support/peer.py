"""A server on a raw socket that does to its clients whatever a test says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.tcp import HOST, Talk, tcp_server


class Peer:
    """Where the server is, and how often it was connected to."""

    def __init__(self) -> None:
        self.base_url = ""
        self.connections = 0


@asynccontextmanager
async def open_peer(talk: Talk) -> AsyncIterator[Peer]:
    """Serve each connection with `talk`; end what is left of them at the end."""
    peer = Peer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer.connections += 1
        await talk(reader, writer)

    async with tcp_server(serve) as port:
        peer.base_url = f"http://{HOST}:{port}"
        yield peer


def answer_with(answer: bytes, *, then_close: bool = False) -> Talk:
    """Answer every request that has no body with `answer`."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(answer)
            await writer.drain()
            if then_close:
                return

    return talk
