"""A body that is sent as it comes, no faster than the instance takes it."""

import asyncio
from collections.abc import AsyncIterator, Callable

from ai4v.ports.upstream import UpstreamBrokenError


class Upload:
    """Sends a body in a task of its own, so that the answer may come before the body's end."""

    def __init__(
        self,
        transport: asyncio.Transport,
        body: AsyncIterator[bytes],
        length: int | None,
        on_end: Callable[[BaseException | None], None],
    ) -> None:
        """Begin.

        Args:
            transport: where to write.
            body: what to send.
            length: how long it will be; None: send it in chunks.
            on_end: told once, with what the body raised; not told after `cancel`.
        """
        self.is_done = False
        self._transport = transport
        self._room: asyncio.Future[None] | None = None
        self._on_end = on_end
        task = asyncio.create_task(self._send(body, length), name="upload")
        task.add_done_callback(self._end)
        self._task: asyncio.Task[None] | None = task

    def cancel(self) -> None:
        """Send no more."""
        if self._task is not None:
            self._task.cancel()

    def pause(self) -> None:
        """Wait before the next piece."""
        if self._room is None:
            self._room = asyncio.get_running_loop().create_future()

    def resume(self) -> None:
        """Go on."""
        if self._room is not None and not self._room.done():
            self._room.set_result(None)
        self._room = None

    async def _send(self, body: AsyncIterator[bytes], length: int | None) -> None:
        sent = 0
        async for piece in body:
            if not piece:
                continue
            if self._room is not None:
                await self._room
            sent += len(piece)
            if length is None:
                self._transport.writelines((b"%x\r\n" % len(piece), piece, b"\r\n"))
            elif sent <= length:
                self._transport.write(piece)
        if length is None:
            self._transport.write(b"0\r\n\r\n")
        elif sent != length:
            raise UpstreamBrokenError("the body has not the length that was announced")
        self.is_done = True

    def _end(self, task: asyncio.Task[None]) -> None:
        # A cancelled task keeps its traceback, which leads here and to pieces of the body: the two
        # would keep each other until the garbage is collected.
        self._task = None
        if not task.cancelled():
            self._on_end(task.exception())
