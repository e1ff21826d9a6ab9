"""A transport without a socket."""

import asyncio


class Wire(asyncio.Transport):
    """Keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = asyncio.Event()

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self.closed.is_set()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep `data`, unless it was closed."""
        if not self.closed.is_set():
            self.written += bytes(data)

    def close(self) -> None:
        """Close."""
        self.closed.set()

    def is_closing(self) -> bool:
        """Whether it was closed (asyncio)."""
        return self.closed.is_set()

    def pause_reading(self) -> None:
        """Do nothing: tests bring what is read."""

    def resume_reading(self) -> None:
        """Do nothing likewise."""
