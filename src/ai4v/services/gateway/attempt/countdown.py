"""Ends what takes longer than its deadline, without a timer for every request.

A timer costs more than all the rest of an attempt. Here those who are due at about the same time
share one: 5 ms too late at most, 50 ms where the time was 2 s or more.
"""

import asyncio
from typing import Final

_FINE_S: Final = 0.005
_COARSE_S: Final = 0.05
_LONG_S: Final = 2.0


class Alarm:
    """Cancels its task when it rings."""

    __slots__ = ("_cancelling", "_due", "_is_set", "_task", "has_rung")

    def __init__(self, task: "asyncio.Task[object]", due: "set[Alarm]") -> None:
        self._task = task
        self._cancelling = task.cancelling()
        self._due = due
        self._is_set = True
        self.has_rung = False
        due.add(self)

    def ring(self) -> None:
        """Cancel the task, once, unless it was stopped."""
        if self._is_set and not self.has_rung:
            self.has_rung = True
            self._task.cancel()

    def stop(self) -> bool:
        """Let it ring no more; true when the cancellation under way is this alarm's alone."""
        if not self._is_set:
            return False
        self._is_set = False
        self._due.discard(self)
        return self.has_rung and self._task.uncancel() <= self._cancelling


class Countdown:
    """Sets alarms on the one loop that it is used on."""

    def __init__(self) -> None:
        self._due: dict[float, set[Alarm]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, timeout_s: float) -> Alarm:
        """Return an alarm for the current task; whoever starts it stops it."""
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("only a task can be timed")
        step_s = _FINE_S if timeout_s < _LONG_S else _COARSE_S
        end_s = (int((loop.time() + timeout_s) / step_s) + 1) * step_s
        due = self._due.get(end_s)
        if due is None:
            due = self._due[end_s] = set()
            loop.call_at(end_s, self._ring, end_s)
        return Alarm(task, due)

    def _ring(self, end_s: float) -> None:
        for alarm in tuple(self._due.pop(end_s)):
            alarm.ring()
