"""A TCP proxy that misbehaves as told: late, cut, reset, or swallowing all that comes."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from tests.support.tcp import HOST, tcp_server

_PIECE: Final = 65_536


@dataclass
class Fault:
    """How connections are treated; may be changed while they are open."""

    delay_s: float = 0.0
    """Every piece is late by 0 to this."""
    is_black_hole: bool = False
    """Takes all and passes nothing on."""
    is_refusing: bool = False
    """New connections are reset."""
    cut_after_bytes: int | None = None
    """Of answers; then the connection is reset."""
    dice: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - no secret


@asynccontextmanager
async def fault_proxy(port: int, fault: Fault) -> AsyncIterator[int]:
    """Stand before `port` on this machine; yield the proxy's own port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if fault.is_refusing:
            writer.transport.abort()
            return
        try:
            behind_reader, behind_writer = await asyncio.open_connection(HOST, port)
        except OSError:
            writer.transport.abort()
            return
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_forward(reader, behind_writer, fault, None))
                group.create_task(_forward(behind_reader, writer, fault, fault.cut_after_bytes))
        except* (ConnectionError, OSError):
            pass
        finally:
            writer.transport.abort()
            behind_writer.transport.abort()

    async with tcp_server(serve) as own_port:
        yield own_port


async def _forward(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault, limit: int | None
) -> None:
    passed = 0
    while piece := await reader.read(_PIECE):
        if fault.is_black_hole:
            continue
        if fault.delay_s:
            await asyncio.sleep(fault.dice.uniform(0, fault.delay_s))
        passed += len(piece)
        if limit is not None and passed > limit:
            raise ConnectionResetError("cut as told")
        writer.write(piece)
        await writer.drain()
    writer.write_eof()
