"""One life of a worker process as its parent sees it: spawn, exchange frames, end."""

import asyncio
import contextlib
import fcntl
import io
import os
import signal
import sys
from collections.abc import Mapping
from typing import Self

import msgspec

from ai4v.kit.worker.frame import (
    PREFIX,
    Payload,
    Request,
    Response,
    decode_prefix,
    encode_head,
    flatten,
)

_PIPE_BYTES = 1024 * 1024
_F_SETPIPE_SZ = 1031


class _Reading:
    """The parent's end of the pipe that answers come on; reads straight into what is returned."""

    def __init__(self, end: io.FileIO) -> None:
        self._end = end

    async def fill(self, size: int) -> bytearray:
        """Read `size` bytes; EOFError when the pipe ends before."""
        content = bytearray(size)
        done = 0
        while done < size:
            with memoryview(content) as view:
                count = self._end.readinto(view[done : done + _PIPE_BYTES])
            if count == 0:
                raise EOFError("the worker closed its pipe")
            done += count or 0
            if done < size:
                await self._wait()
        return content

    async def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        loop.add_reader(self._end, readable.set)
        try:
            await readable.wait()
        finally:
            loop.remove_reader(self._end)


class _Writing:
    """The parent's end of the pipe that requests go on."""

    def __init__(self, end: io.FileIO) -> None:
        self._end = end

    async def write(self, content: memoryview) -> None:
        """Write all of it; OSError when nobody reads."""
        done = 0
        while done < len(content):
            done += self._end.write(content[done : done + _PIPE_BYTES]) or 0
            if done < len(content):
                await self._wait()

    async def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        writable = asyncio.Event()
        loop.add_writer(self._end, writable.set)
        try:
            await writable.wait()
        finally:
            loop.remove_writer(self._end)


class Child:
    """A running worker process. Everything raises EOFError or OSError once it is gone."""

    def __init__(
        self, process: asyncio.subprocess.Process, answers: io.FileIO, requests: io.FileIO
    ) -> None:
        self._process = process
        self._ends = (answers, requests)
        self._answers = _Reading(answers)
        self._requests = _Writing(requests)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @classmethod
    async def spawn(cls, arguments: tuple[str, ...], environment: Mapping[str, str]) -> Self:
        """Start `python <arguments>` with no more environment than given and Python's own path."""
        with contextlib.ExitStack() as theirs, contextlib.ExitStack() as ours:
            child_in, requests = _pipe(theirs, ours)
            answers, child_out = _pipe(ours, theirs)
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *arguments,
                stdin=child_in,
                stdout=child_out,
                env={**_python_environment(), **environment},
                start_new_session=True,
            )
            ours.pop_all()
            for end in (answers, requests):
                os.set_blocking(end.fileno(), False)
            return cls(process, answers, requests)

    async def send(self, request: Request, payload: Payload) -> None:
        """Write one frame; a cancelled send leaves the child out of step, so end it then."""
        body = flatten(payload)
        await self._requests.write(memoryview(encode_head(request, len(body))))
        await self._requests.write(body)

    async def receive(self) -> tuple[Response, bytearray]:
        """Read one frame; a cancelled receive leaves the stream out of step, so end it then."""
        head_bytes, payload_bytes = decode_prefix(await self._answers.fill(PREFIX.size))
        head = msgspec.msgpack.decode(await self._answers.fill(head_bytes), type=Response)
        return head, await self._answers.fill(payload_bytes)

    async def end(self, grace_s: float) -> None:
        """Terminate the process, kill it after `grace_s`, and wait until it is gone.

        No send or receive may be open.
        """
        for end in self._ends:
            end.close()
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(grace_s):
                await self._process.wait()
        except TimeoutError:
            pass
        finally:
            self._signal(signal.SIGKILL)
        await self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        """Signal by id: asyncio's own way would take the exit status from its child watcher."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


def _pipe(
    reader: contextlib.ExitStack, writer: contextlib.ExitStack
) -> tuple[io.FileIO, io.FileIO]:
    """Make a wide pipe whose ends are closed by the given stacks."""
    source, sink = os.pipe()
    ends = (io.FileIO(source, "rb"), io.FileIO(sink, "wb"))
    reader.enter_context(ends[0])
    writer.enter_context(ends[1])
    with contextlib.suppress(OSError):
        fcntl.fcntl(sink, _F_SETPIPE_SZ, _PIPE_BYTES)
    return ends


def _python_environment() -> dict[str, str]:
    """Let the child import what the parent can, and nothing else of the parent's environment."""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return {"PYTHONPATH": path, "PYTHONUTF8": "1"}
