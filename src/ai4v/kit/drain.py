"""How a process that was told to stop ends its long streams before it closes its port.

A stream never ends by itself, so the server cannot just wait for it: whoever holds one counts it
here, hears that the process is draining, tells its peer, and ends the stream when it can. A
WebSocket's handler does it so:

    with drain.stream():
        talking = asyncio.create_task(talk(socket))
        told = asyncio.create_task(drain.wait())
        await asyncio.wait({talking, told}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if not talking.done():
            await socket.send_text('{"type":"going_away","deadlineMs":3000}')
            await asyncio.wait({talking}, timeout=3.0)
            talking.cancel()
            await socket.close(1012)

Between the word and the close the peer is still answered: one that is closed at once hardly ever
reads the word, since its next message finds the stream closed. What is not counted is cut by the
server half a second after the process was told to stop.
"""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager


class Drain:
    """Says that the process is draining, and counts the streams that are still open."""

    def __init__(self) -> None:
        self._begun = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._streams = 0

    @property
    def is_draining(self) -> bool:
        """Whether the process was told to stop: no new stream is begun any more."""
        return self._begun.is_set()

    @property
    def streams(self) -> int:
        """How many streams are open."""
        return self._streams

    def begin(self) -> None:
        """Tell everybody who waits; for good."""
        self._begun.set()

    async def wait(self) -> None:
        """Return once the process was told to stop."""
        await self._begun.wait()

    @contextmanager
    def stream(self) -> Generator[None, None, None]:
        """Count a stream as long as it is open; the port is not closed before, within `drain_s`."""
        self._streams += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._streams -= 1
            if not self._streams:
                self._idle.set()

    async def wait_until_idle(self) -> None:
        """Return as soon as no stream is open."""
        await self._idle.wait()
