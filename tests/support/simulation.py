"""An event loop whose time is simulated: waiting costs nothing, and every run is the same.

When nothing is ready the clock jumps to the next timer, so that minutes of traffic pass in seconds.
"""

import asyncio
import selectors
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeVar

from ai4v.contracts.error import DeadlineExceededError
from ai4v.kit.deadline import Deadline

_Result = TypeVar("_Result")
_START = datetime(2026, 1, 1, tzinfo=UTC)


class StalledError(AssertionError):
    """Everybody waits, and no timer will wake anybody."""


class _JumpingSelector(selectors.SelectSelector):
    """Lets simulated time pass instead of waiting."""

    now_s = 1_000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise StalledError("nothing is left to happen")
        self.now_s += timeout
        return ready


class SimulatedLoop(asyncio.SelectorEventLoop):
    """A loop for one simulation."""

    def __init__(self) -> None:
        self._simulated = _JumpingSelector()
        super().__init__(self._simulated)

    def time(self) -> float:
        return self._simulated.now_s


class LoopClock:
    """The kit's clock on the running loop's time."""

    def now(self) -> datetime:
        return _START + timedelta(seconds=self.monotonic_s() - 1_000.0)

    def monotonic_s(self) -> float:
        return asyncio.get_running_loop().time()


class SimulatedDeadline(Deadline):
    """A deadline on the running loop's time."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__(timeout_s)
        self._last_s = asyncio.get_running_loop().time() + timeout_s

    def remaining_s(self) -> float:
        left_s = self._last_s - asyncio.get_running_loop().time()
        if left_s <= 0:
            raise DeadlineExceededError("the deadline of the request has passed")
        return left_s

    def header_value(self) -> str:
        return str(max(1, int((self._last_s - asyncio.get_running_loop().time()) * 1000)))


def simulate(story: Coroutine[object, object, _Result]) -> _Result:
    """Run `story` in simulated time and return what it returns."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(story)


def chance(seed: int) -> Random:
    """Return randomness that is the same in every run."""
    return Random(seed)  # noqa: S311 - not for secrets


def tell(figure: str) -> None:
    """Print a figure that a test came to; pytest shows it with -s."""
    sys.stdout.write(f"\n{figure}\n")


def percentile(values: list[float], share: float) -> float:
    """Return the value below which `share` of `values` lie, by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
