"""Ends a request's work when nobody waits for it any more: its time is up, its client has left.

Most requests are answered before a look is worth its while, so nothing but one timer is set up for
them; only for those that take longer is somebody set to wait for word of the client's leaving.
"""

import asyncio
from types import TracebackType
from typing import Final, Self

from ai4v.contracts.error import DeadlineExceededError
from ai4v.kit.deadline import Deadline
from ai4v.services.gateway.passage.body import ClientGoneError, RequestBody

_LOOK_S: Final = 0.05
_LATE: Final = "the service did not answer in time"


class Vigil:
    """Cancels the block it is around; what it cancelled it for is raised at its end.

    Raises:
        DeadlineExceededError: the deadline passed.
        ClientGoneError: the client left.
    """

    __slots__ = ("_body", "_cancelling", "_deadline", "_reason", "_task", "_timer", "_watcher")

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._body: RequestBody | None = None
        self._reason: Exception | None = None
        self._watcher: asyncio.Task[None] | None = None

    def watch(self, body: RequestBody) -> None:
        """Look whether the client leaves, when it takes long; the body's end is awaited first."""
        self._body = body

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("a vigil is kept in a task")
        self._task = task
        self._cancelling = task.cancelling()
        self._timer = loop.call_later(min(_LOOK_S, self._deadline.remaining_s()), self._look)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        reason, self._reason = self._reason, None
        self._body = None
        if reason is None:
            return
        is_ours = self._task.uncancel() <= self._cancelling
        if is_ours and kind is asyncio.CancelledError:
            raise reason from error

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            left_s = self._deadline.remaining_s()
        except DeadlineExceededError:
            self._give_up(DeadlineExceededError(_LATE))
            return
        is_first = self._watcher is None
        self._timer = loop.call_later(left_s, self._look)
        if is_first and self._body is not None:
            self._body.when_read(self._await_departure)

    def _await_departure(self) -> None:
        body = self._body
        if body is not None and self._watcher is None:
            self._watcher = asyncio.create_task(self._watch(body), name="departure of a client")

    async def _watch(self, body: RequestBody) -> None:
        await body.await_departure()
        self._give_up(ClientGoneError())

    def _give_up(self, reason: Exception) -> None:
        if self._reason is None:
            self._reason = reason
            self._task.cancel()
