"""Engines run in worker processes that can be killed and come back.

An adapter owns a `Worker` and calls its methods; a crash, a hang or a hostile input costs the calls
that were inside, never the service. Calls run one at a time, in the order made; batching is the
adapter's business.
"""

import asyncio
import logging
import math
import os
import random
from collections import deque
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec

from ai4v.kit.trace import span
from ai4v.kit.worker.child import Child
from ai4v.kit.worker.frame import PING, FrameError, Payload, Request, Response
from ai4v.kit.worker.limit import thread_environment
from ai4v.kit.worker.main import Setup
from ai4v.kit.worker.spec import (
    WorkerBusyError,
    WorkerCallError,
    WorkerDeadlineError,
    WorkerDiedError,
    WorkerSpec,
    WorkerState,
    backoff_s,
)

_LOGGER: Final = logging.getLogger(__name__)
_GONE: Final = (EOFError, OSError, FrameError, msgspec.DecodeError)
_MANY_DEATHS: Final = 3

ResponseT = TypeVar("ResponseT", bound=msgspec.Struct)


@dataclass(eq=False, repr=False, slots=True)
class _Call:
    request: Request
    payload: Payload
    ends_at: float
    """Loop time past which the worker counts as stuck."""
    answer: asyncio.Future[tuple[Response, bytearray]]


class Worker:
    """A child process with an engine in it.

    Belongs to the event loop that starts it. `close` leaves no process behind, and the child dies
    with this process even when that is killed.
    """

    def __init__(self, spec: WorkerSpec) -> None:
        self._spec = spec
        self._state = WorkerState.STOPPED
        self._child: Child | None = None
        self._queue: deque[_Call] = deque()
        self._wake = asyncio.Event()
        self._running: _Call | None = None
        self._last_id = 0
        self._deaths = 0
        self._supervisor: asyncio.Task[None] | None = None
        self._started: asyncio.Future[None] | None = None
        self._ending: asyncio.Task[None] | None = None

    @property
    def state(self) -> WorkerState:
        """What it is doing now."""
        return self._state

    @property
    def pid(self) -> int | None:
        """Process id of the child; None when there is none."""
        return self._child.pid if self._child else None

    @property
    def pending(self) -> int:
        """Calls that wait their turn."""
        return len(self._queue)

    @property
    def is_busy(self) -> bool:
        """Whether a call is inside the child."""
        return self._running is not None

    async def start(self) -> None:
        """Start the child and wait until its engine is loaded; once it was, do nothing.

        Raises:
            WorkerDiedError: it could not load within `start_timeout_s`; nothing is left running.
        """
        if self._started is None or (self._supervisor and self._supervisor.done()):
            self._started = asyncio.get_running_loop().create_future()
            self._supervisor = asyncio.create_task(self._supervise(self._started))
        await asyncio.shield(self._started)

    async def call(
        self,
        method: str,
        request: msgspec.Struct,
        payload: Payload = b"",
        *,
        response: type[ResponseT],
        timeout_s: float,
    ) -> tuple[ResponseT, bytearray]:
        """Have the engine do `method`; returns its response and the bytes that came with it.

        A call that is given up while it waits is never sent. One that is given up while it runs
        keeps the worker until it ends or its time is over; its answer is thrown away.

        Raises:
            ValueError: the engine refused the request; the message is the engine's.
            WorkerDiedError, WorkerBusyError, WorkerDeadlineError, WorkerCallError
        """
        body = msgspec.msgpack.encode(request)
        with span(f"engine {self._spec.name}", {"method": method}):
            head, content = await self._exchange(method, body, payload, timeout_s)
        if head.outcome == "refused":
            raise ValueError(head.message)
        if head.outcome == "crashed":
            raise WorkerCallError(f"{self._spec.name} failed on this input ({head.message})")
        return msgspec.msgpack.decode(head.body, type=response), content

    async def ping(self, *, timeout_s: float = 2.0) -> None:
        """Return when the worker answers, or is busy with a call that still has time.

        Raises:
            WorkerDiedError, WorkerBusyError, WorkerDeadlineError
        """
        if self._state is not WorkerState.READY:
            raise self._unavailable()
        if self._running is None:
            await self._exchange(PING, b"", b"", timeout_s)

    async def close(self) -> None:
        """End the child; calls inside fail. Nothing happens when it is stopped."""
        supervisor, self._supervisor, self._started = self._supervisor, None, None
        if supervisor is not None:
            supervisor.cancel()
            await asyncio.wait((supervisor,))
        if self._ending is not None:
            await asyncio.wait((self._ending,))
        self._state = WorkerState.STOPPED

    async def _exchange(
        self, method: str, body: bytes, payload: Payload, timeout_s: float
    ) -> tuple[Response, bytearray]:
        if self._state in (WorkerState.STOPPED, WorkerState.FAILED):
            raise self._unavailable()
        if len(self._queue) >= self._spec.queue_limit:
            raise WorkerBusyError(f"{self._spec.name} has too many calls waiting")
        loop = asyncio.get_running_loop()
        self._last_id += 1
        request = Request(self._last_id, method, body)
        ends_at = loop.time() + timeout_s + self._spec.call_grace_s
        call = _Call(request, payload, ends_at, loop.create_future())
        self._queue.append(call)
        self._wake.set()
        try:
            async with asyncio.timeout(timeout_s):
                return await call.answer
        except TimeoutError:
            message = f"{self._spec.name} did not answer within {timeout_s:g} s"
            raise WorkerDeadlineError(message) from None
        finally:
            if call in self._queue:
                self._queue.remove(call)

    async def _supervise(self, started: asyncio.Future[None]) -> None:
        """Keep a child running until cancelled, or until the very first one could not load."""
        self._state = WorkerState.STARTING
        try:
            while True:
                reason = await self._live(started)
                if not started.done():
                    started.set_exception(WorkerDiedError(f"{self._spec.name}: {reason}"))
                    break
                await self._recover(reason)
        finally:
            self._state = WorkerState.FAILED
            if not started.done():
                started.set_exception(self._unavailable())
            started.exception()
            self._fail_all()

    async def _recover(self, reason: str) -> None:
        """Wait before the next start, longer after each death in a row."""
        self._deaths += 1
        was_loading = self._state is WorkerState.STARTING
        if was_loading or self._deaths >= _MANY_DEATHS:
            self._state = WorkerState.FAILED
            self._fail_all()
        else:
            self._state = WorkerState.STARTING
        _LOGGER.warning("worker %s died: %s", self._spec.name, reason)
        pause_s = backoff_s(self._deaths, self._spec)
        await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter is no secret
        self._state = WorkerState.STARTING

    async def _live(self, started: asyncio.Future[None]) -> str:
        """Run one child from its start to its death; tell what it died of."""
        now_s, stable_at = asyncio.get_running_loop().time, math.inf
        try:
            async with asyncio.timeout(self._spec.start_timeout_s):
                child = self._child = await self._spawn()
                loaded = await self._load(child)
            if loaded.outcome != "done":
                return f"cannot load: {loaded.message}"
            self._state = WorkerState.READY
            stable_at = now_s() + self._spec.stable_after_s
            if not started.done():
                started.set_result(None)
            await self._serve(child)
        except TimeoutError:
            return "stuck" if self._state is WorkerState.READY else "did not load in time"
        except Exception as error:  # an edge: nothing ends the worker for good
            if not isinstance(error, _GONE):
                _LOGGER.exception("worker %s is given up", self._spec.name)
            return f"gone ({type(error).__name__})"
        finally:
            if now_s() >= stable_at:
                self._deaths = 0
            await self._bury()
        return "ended"

    async def _spawn(self) -> Child:
        spec = self._spec
        return await Child.spawn(
            ("-s", "-P", "-m", "ai4v.kit.worker.main", str(os.getpid()), spec.factory),
            {**thread_environment(spec.limits), **spec.environment},
        )

    async def _load(self, child: Child) -> Response:
        setup = Setup(self._spec.limits, msgspec.msgpack.encode(self._spec.settings))
        await child.send(Request(0, "", msgspec.msgpack.encode(setup)), b"")
        return (await child.receive())[0]

    async def _serve(self, child: Child) -> None:
        """Send call after call; a receive is always open, so that a death is seen at once."""
        receiving = self._receive(child)
        try:
            while True:
                self._running = call = await self._next(receiving)
                async with asyncio.timeout_at(call.ends_at):
                    await child.send(call.request, call.payload)
                    await asyncio.wait((receiving,))
                head, content = receiving.result()
                if head.call_id != call.request.call_id:
                    raise FrameError("the answer belongs to another call")
                if not call.answer.done():
                    call.answer.set_result((head, content))
                self._running = None
                del call, content
                receiving = self._receive(child)
        finally:
            receiving.cancel()
            await asyncio.wait((receiving,))
            if not receiving.cancelled():
                receiving.exception()

    def _receive(self, child: Child) -> asyncio.Task[tuple[Response, bytearray]]:
        receiving = asyncio.create_task(child.receive())
        receiving.add_done_callback(lambda _: self._wake.set())
        return receiving

    async def _next(self, receiving: asyncio.Task[tuple[Response, bytearray]]) -> _Call:
        """Wait for a call while the child says nothing; raise when it speaks or ends."""
        while not receiving.done():
            if self._queue:
                return self._queue.popleft()
            self._wake.clear()
            await self._wake.wait()
        receiving.result()
        raise FrameError("the worker spoke out of turn")

    async def _bury(self) -> None:
        """Fail the call that was inside the child, and end it."""
        call, self._running = self._running, None
        child, self._child = self._child, None
        if call is not None and not call.answer.done():
            call.answer.set_exception(self._unavailable())
        if child is not None:
            self._ending = asyncio.create_task(child.end(self._spec.stop_grace_s))
            await asyncio.shield(self._ending)

    def _fail_all(self) -> None:
        while self._queue:
            call = self._queue.popleft()
            if not call.answer.done():
                call.answer.set_exception(self._unavailable())

    def _unavailable(self) -> WorkerDiedError:
        return WorkerDiedError(
            f"{self._spec.name} is not running",
            retry_after_s=max(1, math.ceil(backoff_s(max(1, self._deaths), self._spec))),
        )
